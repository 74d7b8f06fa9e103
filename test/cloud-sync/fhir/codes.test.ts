import { expect, test } from "vitest";
import { bloodPressure, bundleFor, glucose, observationOf } from "./reading-samples.ts";

/**
 * The codes, written down a second time from the guide's and LOINC's own tables: a slip in one of the two shows.
 */
const sampleTypes: readonly (readonly [name: string, mdc: string, mass: string | null, molar: string | null])[] = [
  ["capillary_whole_blood", "160184", "41653-7", "14743-9"],
  ["capillary_plasma", "160188", "41653-7", "14743-9"],
  ["venous_whole_blood", "160192", "41652-9", "39480-9"],
  ["venous_plasma", "160196", "2345-7", "14749-6"],
  ["arterial_whole_blood", "160200", "41651-1", "39481-7"],
  ["arterial_plasma", "160204", "2345-7", "14749-6"],
  ["undetermined_whole_blood", "160364", "2339-0", "15074-8"],
  ["undetermined_plasma", "160368", "2345-7", "14749-6"],
  ["interstitial_fluid", "160212", "99504-3", "105272-9"],
  ["reserved_0", "160020", "2339-0", "15074-8"],
  ["reserved_11", "160020", "2339-0", "15074-8"],
];

test.for(sampleTypes)("glucose of %s has its MDC code, and LOINC by its unit", ([sampleType, mdc, mass, molar]) => {
  for (const [unit, loinc] of [
    ["mg/dL", mass],
    ["mmol/L", molar],
  ] as const) {
    const found = observationOf(bundleFor(glucose({ sampleType, concentration: { value: "5", unit } })), mdc);
    expect(found?.code.coding?.map(({ code }) => code)).toEqual([mdc, loinc]);
    expect(found?.valueQuantity).toMatchObject({ value: 5, code: unit, system: "http://unitsofmeasure.org" });
    expect(found?.category?.map(({ coding }) => coding?.[0]?.code)).toEqual(["laboratory", "phd"]);
  }
});

const codedContexts: Readonly<
  Record<"meal" | "tester" | "health", readonly [string, Readonly<Record<string, string>>]>
> = {
  meal: [
    "8417864",
    { preprandial: "8417868", postprandial: "8417872", fasting: "8417876", casual: "8417880", bedtime: "8417869" },
  ],
  tester: ["8417884", { self: "8417888", health_care_professional: "8417892", lab_test: "8417896" }],
  health: [
    "8417820",
    {
      minor_health_issues: "8417824",
      major_health_issues: "8417828",
      during_menses: "8417832",
      under_stress: "8417836",
      no_health_issues: "8417840",
    },
  ],
};

test("every coded context is an Observation of its own, derived from the glucose", () => {
  for (const [field, [mdc, values]] of Object.entries(codedContexts)) {
    for (const [label, value] of Object.entries(values)) {
      const bundle = bundleFor(glucose({ context: { [field]: label } }));
      const found = observationOf(bundle, mdc);
      expect.soft(found?.valueCodeableConcept?.coding?.[0], label).toMatchObject({ code: value });
      const main = bundle.entry?.find(({ resource }) => resource === observationOf(bundle, "160184"));
      expect(found?.derivedFrom).toEqual([{ reference: main?.fullUrl }]);
      expect(found?.category?.map(({ coding }) => coding?.[0]?.code)).toEqual(["phd"]);
    }
    expect(observationOf(bundleFor(glucose({ context: { [field]: "reserved_9" } })), mdc)).toBeUndefined();
  }
});

test("every sample location has its code", () => {
  const locations = {
    finger: "8417848",
    alternate_site_test: "8417852",
    earlobe: "8417856",
    control_solution: "8417860",
    not_available: "8417845",
  };
  for (const [sampleLocation, code] of Object.entries(locations)) {
    const found = observationOf(bundleFor(glucose({ sampleLocation })), "8417844");
    expect(found?.valueCodeableConcept?.coding?.[0]).toMatchObject({ code });
  }
});

test("carbohydrates and medication are numbers under the code of their kind, or of all kinds", () => {
  const carbohydrates = ["breakfast", "lunch", "dinner", "snack", "drink", "supper", "brunch"];
  for (const [index, id] of [...carbohydrates, "reserved_8"].entries()) {
    const mdc = id === "reserved_8" ? "8417764" : String(8_417_768 + 4 * index);
    const context = { carbohydrate: { id, mass: { value: "45.0", unit: "g" as const } } };
    expect.soft(observationOf(bundleFor(glucose({ context })), mdc)?.valueQuantity, id).toMatchObject({
      value: 45,
      code: "g",
    });
  }
  const insulins = ["rapid", "short", "intermediate", "long"].map((name) => `${name}_acting_insulin`);
  for (const [index, id] of [...insulins, "premixed_insulin", "reserved_6"].entries()) {
    const mdc = id === "reserved_6" ? "8417796" : String(8_417_800 + 4 * index);
    for (const unit of ["mg", "mL"] as const) {
      const context = { medication: { id, amount: { value: "12", unit } } };
      expect.soft(observationOf(bundleFor(glucose({ context })), mdc)?.valueQuantity, id).toMatchObject({ code: unit });
    }
  }
});

test("HbA1c is a laboratory result with a code of its own", () => {
  const found = observationOf(bundleFor(glucose({ context: { hba1c: { value: "6.5", unit: "%" } } })), "160220");
  expect(found).toMatchObject({ code: { coding: [{}, { code: "4548-4" }] }, valueQuantity: { value: 6.5, code: "%" } });
  expect(found?.category?.[0]?.coding?.[0]?.code).toBe("laboratory");
});

test("every glucose status bit has its code, except the time fault", () => {
  const flags = [
    "device_battery_low",
    "sensor_malfunction",
    "sample_size_insufficient",
    "strip_insertion_error",
    "strip_type_incorrect",
    "result_too_high",
    "result_too_low",
    "temperature_too_high",
    "temperature_too_low",
    "read_interrupted",
    "general_device_fault",
  ];
  for (const [bit, flag] of flags.entries()) {
    const found = observationOf(bundleFor(glucose({ status: [flag] })), "8417752");
    expect(found?.component?.map(({ code, valueBoolean }) => [code.coding?.[0]?.code, valueBoolean])).toEqual([
      [`8417752.${bit}`, true],
    ]);
  }
  expect(observationOf(bundleFor(glucose({ status: flags })), "8417752")?.component).toHaveLength(11);
});

test("every blood-pressure status bit has its code", () => {
  const flags = [
    "body_movement",
    "cuff_too_loose",
    "irregular_pulse",
    "pulse_rate_above_upper_limit",
    "pulse_rate_below_lower_limit",
    "improper_position",
  ];
  for (const [bit, flag] of flags.entries()) {
    const found = observationOf(bundleFor(bloodPressure({ status: [flag] })), "8410608");
    expect(found?.component?.[0]?.code.coding).toEqual([
      { system: "http://terminology.hl7.org/CodeSystem/ASN1ToHL7", code: `8410608.${bit}` },
    ]);
    expect(found?.derivedFrom).toHaveLength(1);
  }
});

test("a blood pressure is a panel of components, and the pulse stands beside it", () => {
  const bundle = bundleFor(bloodPressure());
  const panel = observationOf(bundle, "150020");
  expect(panel?.valueQuantity).toBeUndefined();
  expect(panel?.code.coding?.[1]?.code).toBe("85354-9");
  const codes = panel?.component?.map(({ code }) => code.coding?.map((coding) => coding.code));
  expect(codes).toEqual([
    ["8480-6", "150021"],
    ["8462-4", "150022"],
    ["8478-0", "150023"],
  ]);
  for (const component of panel?.component ?? []) expect(component.valueQuantity?.code).toBe("mm[Hg]");
  expect(observationOf(bundle, "149546")).toMatchObject({
    code: { coding: [{}, { code: "8867-4" }] },
    valueQuantity: { value: 71, code: "/min" },
    category: [{ coding: [{ code: "vital-signs" }] }, { coding: [{ code: "phd" }] }],
  });
});

test("each special number has the reason that the guide gives it", () => {
  const reasons = {
    nan: "not-a-number",
    "not-at-this-resolution": "error",
    "positive-infinity": "positive-infinity",
    "negative-infinity": "negative-infinity",
    reserved: "error",
  } as const;
  for (const absent of [
    "nan",
    "not-at-this-resolution",
    "positive-infinity",
    "negative-infinity",
    "reserved",
  ] as const) {
    const found = observationOf(bundleFor(glucose({ concentration: { absent, unit: "mg/dL" } })), "160184");
    expect(found?.valueQuantity).toBeUndefined();
    expect(found?.dataAbsentReason?.coding).toEqual([
      { system: "http://terminology.hl7.org/CodeSystem/data-absent-reason", code: reasons[absent] },
    ]);
  }
});
