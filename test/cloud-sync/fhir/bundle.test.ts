import { expect, test } from "vitest";
import type { Reading } from "../../../cloud-sync/contract/reading.ts";
import { bundleOf } from "../../../cloud-sync/fhir/bundle.ts";
import { collectionOfReading } from "../../../cloud-sync/fhir/collection-of-reading.ts";
import { fhirErrors } from "../../../cloud-sync/fhir/fhir-error.ts";
import { fhirText } from "../../../cloud-sync/fhir/fhir-json.ts";
import {
  bloodPressure,
  bundleFor,
  glucose,
  mapping,
  observationOf,
  observationsOf,
  textOf,
} from "./reading-samples.ts";

const everyContext = {
  carbohydrate: { id: "lunch", mass: { value: "45", unit: "g" } },
  meal: "postprandial",
  tester: "self",
  health: "under_stress",
  exercise: { durationS: 1800, intensityPercent: 60 },
  medication: { id: "rapid_acting_insulin", amount: { value: "4.5", unit: "mL" } },
  hba1c: { value: "6.50", unit: "%" },
} as const;

const samples: Readonly<Record<string, Reading>> = {
  glucose: glucose(),
  "glucose-with-context": glucose({ context: { ...everyContext }, status: ["device_battery_low", "time_fault"] }),
  "glucose-high": glucose({
    concentration: { absent: "positive-infinity", unit: "mg/dL" },
    status: ["result_too_high"],
  }),
  "control-solution": glucose({ controlSolution: true, sampleType: "control_solution", person: null }),
  ketone: glucose({ kind: "ketone", concentration: { value: "0.3", unit: "mmol/L" } }),
  "blood-pressure": bloodPressure({ status: ["irregular_pulse", "improper_position"] }),
  "blood-pressure-without-clock": bloodPressure({
    time: { ...bloodPressure().time, device: null, clockOffsetMs: null, basis: "received" },
    device: { ...bloodPressure().device, id: "serial:A/B/1", systemId: null, manufacturer: null, model: null },
  }),
};

for (const [name, reading] of Object.entries(samples)) {
  test(`a bundle of ${name.replaceAll("-", " ")} is written as it was looked over`, async () => {
    const lines = textOf(reading).replaceAll('{"fullUrl"', '\n{"fullUrl"');
    await expect(`${lines}\n`).toMatchFileSnapshot(`golden/${name}.txt`);
  });
}

test("numbers keep the digits of the device", () => {
  for (const value of ["6.0", "6.00", "120", "0.3", "104", "1000000000000000000001"]) {
    expect(textOf(glucose({ concentration: { value, unit: "mmol/L" } }))).toContain(
      `"valueQuantity":{"value":${value},`,
    );
  }
});

test("nothing in a bundle tells more of a person than the opaque reference", () => {
  const text = textOf(glucose({ context: { ...everyContext } }));
  expect(text.replaceAll(/"(?:value|ifNoneExist)":"[^"]*sim-0001[^"]*"/g, "")).not.toContain("sim-0001");
  expect(text).not.toMatch(/"(?:display|name|birthDate|telecom|address)"/);
  expect(bundleFor(glucose()).entry?.map(({ resource }) => resource?.resourceType)).not.toContain("Patient");
});

test("nobody's reading has no subject, and a control test is the device's", () => {
  const nobodys = observationsOf(bundleFor(bloodPressure({ person: null })));
  expect(nobodys.slice(1).map(({ subject }) => subject)).toEqual([undefined, undefined]);
  const control = bundleFor(glucose({ controlSolution: true, person: null }));
  const device = control.entry?.[1]?.fullUrl;
  for (const { subject } of observationsOf(control)) expect(subject).toEqual({ reference: device });
  const found = observationOf(control, "160208");
  expect(found).toMatchObject({ meta: { security: [{ code: "HTEST" }] } });
  expect(found?.code.coding).toHaveLength(1);
});

test("a reading that nobody can date is refused, not dated", () => {
  const undated = glucose({ time: { ...glucose().time, measured: null, uncertaintyMs: null, basis: "unknown" } });
  expect(() => textOf(undated)).toThrow(expect.toSatisfy((error) => fhirErrors.is(error, "fhir-time-unknown")));
});

test("the identifier is the guide's: device, patient, type and the device's own uncorrected time", () => {
  const values = observationOf(bundleFor(glucose()), "160184")?.identifier?.map(({ value }) => value);
  // 2026-07-01T07:52:00 is 836207520 seconds after 2000-01-01, by any calendar without leap seconds.
  expect(values).toEqual([
    "C05349FFFE4D0001-sim-0001-160184-836207520",
    "8a0e1f1e-0000-5000-8000-000000000001-160184",
    "C05349FFFE4D0001-7-836207520",
  ]);
  const late = glucose({ time: { ...glucose().time, deviceOffsetMin: -5 } });
  expect(observationOf(bundleFor(late), "160184")?.identifier?.[0]?.value).toMatch(/-836207220$/);
});

test("an exercise that lasts says so in its time and in its identifier", () => {
  const found = observationOf(bundleFor(glucose({ context: { ...everyContext } })), "8417760");
  expect(found?.effectivePeriod).toEqual({ start: "2026-07-01T07:58:00+02:00", end: "2026-07-01T08:28:00+02:00" });
  expect(found?.identifier?.[0]?.value).toMatch(/-836207520-1800$/);
});

test("what the device did not date has no PHD identifier, and is found by the reading's own", () => {
  const bundle = bundleFor(bloodPressure({ time: { ...glucose().time, device: null, basis: "received" } }));
  expect(observationsOf(bundle)).toHaveLength(2);
  const panel = bundle.entry?.find(({ request }) => request?.url === "Observation");
  expect(decodeURIComponent(panel?.request?.ifNoneExist ?? "")).toMatch(
    /^identifier=urn:uuid:[^|]+\|8a0e1f1e-.*-150020$/,
  );
  expect(JSON.stringify(panel)).not.toContain("CoincidentTimeStampReference");
});

test("the two clocks stand side by side, and a time fault makes the device's unknown", () => {
  const [clocks] = observationsOf(bundleFor(glucose()));
  expect(clocks).toMatchObject({
    effectiveDateTime: "2026-07-01T08:00:00+02:00",
    valueDateTime: "2026-07-01T07:54:00+02:00",
    code: { coding: [{ code: "67975" }] },
  });
  const [faulty] = observationsOf(bundleFor(glucose({ status: ["time_fault"] })));
  expect(faulty?.valueDateTime).toBeUndefined();
  expect(faulty?.dataAbsentReason?.coding?.[0]?.code).toBe("unknown");
  expect(observationOf(bundleFor(glucose({ status: ["time_fault"] })), "8417752")).toBeUndefined();
});

test("a server is asked for the guide's identifier and for our own, which no other record has", () => {
  const [, main] = (bundleFor(glucose()).entry ?? []).filter(({ request }) => request?.url === "Observation");
  const search = new URLSearchParams(main?.request?.ifNoneExist);
  expect(search.getAll("identifier")).toEqual([
    "http://hl7.org/fhir/uv/phd/StructureDefinition/PhdBaseObservation|C05349FFFE4D0001-sim-0001-160184-836207520",
    expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}\|8a0e1f1e-0000-5000-8000-000000000001-160184$/),
  ]);
});

test("two records of one second do not hide each other within a bundle", () => {
  const first = collectionOfReading(glucose(), mapping);
  const id = "8a0e1f1e-0000-5000-8000-000000000009";
  const second = collectionOfReading(glucose({ id, sequenceNumber: 8 }), mapping);
  const text = fhirText(bundleOf({ ...first, findings: [...first.findings, ...second.findings, ...first.findings] }));
  const searches = [...text.matchAll(/"ifNoneExist":"([^"]+)"/g)].map(([, search]) => search);
  expect(new Set(searches).size).toBe(searches.length);
  expect(text.split('"code":"160184"')).toHaveLength(3);
});

test("a server may be told of the core profiles too", () => {
  const profilesOf = (profiles: "phd" | "vital-signs" | "blood-pressure"): unknown =>
    observationOf(bundleFor(bloodPressure(), { profiles }), "150020")?.meta?.profile?.map((url) =>
      url.split("/").at(-1),
    );
  expect(profilesOf("phd")).toEqual(["PhdCompoundNumericObservation"]);
  expect(profilesOf("vital-signs")).toEqual(["PhdCompoundNumericObservation", "vitalsigns"]);
  expect(profilesOf("blood-pressure")).toEqual(["PhdCompoundNumericObservation", "vitalsigns", "bp"]);
});

test("nothing claims a profile that it does not meet", () => {
  // PHD 2.0.0, PhdBaseObservation: subject 1..1 and an MDC coding 1..1. R4 vitalsigns and bp: subject 1..1.
  const nobodys = bloodPressure({ person: null, attribution: { by: "none", reference: null } });
  for (const one of observationsOf(bundleFor(nobodys, { profiles: "blood-pressure" })).slice(1)) {
    expect(one).not.toHaveProperty("meta");
    expect(one.subject).toBeUndefined();
  }
  const ketone = glucose({ kind: "ketone", concentration: { value: "3.1", unit: "mg/dL" } });
  const [, main] = observationsOf(bundleFor(ketone));
  expect(main).not.toHaveProperty("meta");
  // LOINC 66441-7 is of the molar property.
  expect(main?.code.coding).toBeUndefined();
  expect(main?.code.text).toMatch(/hydroxybutyrate/);
});

test("a person's key that is too long for an identifier becomes a digest of it", () => {
  const person = "p".repeat(64);
  const value = observationOf(
    bundleFor(glucose({ person }), { personSystem: `urn:oid:${"1.2.3.".repeat(20)}4` }),
    "160184",
  )?.identifier?.[0]?.value;
  expect(value).toMatch(/^C05349FFFE4D0001-[0-9A-F]{32}-160184-836207520$/);
});
