import type { Device } from "@medplum/fhirtypes";
import { expect, test } from "vitest";
import type { Reading } from "../../../cloud-sync/contract/reading.ts";
import { fhirErrors } from "../../../cloud-sync/fhir/fhir-error.ts";
import { bloodPressure, bundleFor, glucose, observationOf, resourcesOf, textOf } from "./reading-samples.ts";

/** Readings that the delivery contract lets pass, as a gateway that is not ours, or not well, may send them. */
const { time, device } = glucose();
const timed = (changes: Partial<Reading["time"]>): Reading => glucose({ time: { ...time, ...changes } });

const isTimeUnknown = (reading: Reading): boolean => {
  try {
    textOf(reading);
    return false;
  } catch (error) {
    if (fhirErrors.is(error, "fhir-time-unknown")) return true;
    throw error;
  }
};

test("a name that every object has by birth is a name that no table has", () => {
  for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    const context = {
      carbohydrate: { id: name, mass: { value: "1", unit: "g" as const } },
      meal: name,
      tester: name,
      health: name,
      medication: { id: name, amount: { value: "1", unit: "mg" as const } },
    };
    const bundle = bundleFor(glucose({ sampleType: name, sampleLocation: name, status: [name], context }));
    const codes = ["160020", "8417764", "8417796", "8417864", "8417844"];
    const isThere = codes.map((code) => observationOf(bundle, code) !== undefined);
    expect(isThere).toEqual([true, true, true, false, false]);
  }
});

test("every instant that the contract lets pass is one of FHIR's, or a time that nobody knows", () => {
  // R4, 2.24.0.1 dateTime: years 0001 to 9999, any fraction of a second, offsets up to 14:00.
  const bundle = bundleFor(timed({ measured: "2026-07-01T07:58:00.123456789012+02:00" }));
  expect(observationOf(bundle, "160184")?.effectiveDateTime).toBe("2026-07-01T07:58:00.123456789012+02:00");
  const far = bundleFor(timed({ measured: "2026-07-01T07:58:00+23:00" }));
  expect(observationOf(far, "160184")?.effectiveDateTime).toBe("2026-06-30T08:58:00Z");
  const unheardOf = ["0000-01-01T07:58:00Z", "9999-12-31T23:59:59-12:00"];
  expect(unheardOf.filter((measured) => !isTimeUnknown(timed({ measured })))).toEqual([]);
  const received = bundleFor(timed({ received: "0000-01-01T07:58:00Z" }));
  expect(resourcesOf(received).map(({ resourceType }) => resourceType)).not.toContain("Provenance");
});

test("a clock that is off by more than all of time is a clock that nobody knows", () => {
  for (const clockOffsetMs of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, -3e14]) {
    const stamp = observationOf(bundleFor(timed({ clockOffsetMs })), "67975");
    expect(stamp?.dataAbsentReason?.coding?.[0]?.code).toBe("unknown");
    expect(stamp?.valueDateTime).toBeUndefined();
  }
});

test("what no calendar has is no time stamp: two such records are never taken for one", () => {
  const dates = ["2026-13-45T99:99:99", "2026-00-00T07:00:00", "0000-00-00T00:00:00"];
  for (const [index, shown] of dates.entries()) {
    const id = `8a0e1f1e-0000-5000-8000-00000000000${index}`;
    const bundle = bundleFor(bloodPressure({ id, time: { ...time, device: shown } }));
    expect(observationOf(bundle, "150020")?.identifier?.map(({ value }) => value)).toEqual([`${id}-150020`]);
  }
});

test("a FHIR string holds no control character and no half of a surrogate pair", () => {
  const odd = {
    ...device,
    id: "serial:\ud800/\u0007",
    systemId: null,
    model: "a\u0000b",
    serial: "\u0001",
    firmware: "1\ud800",
  };
  const bundle = bundleFor(glucose({ device: odd }));
  expect(JSON.stringify(bundle)).not.toMatch(/\\u00[01]|\\ud8/);
  const made = resourcesOf(bundle).filter((resource): resource is Device => resource.resourceType === "Device")[1];
  expect(made?.modelNumber).toBe("ab");
  expect(made?.serialNumber).toBeUndefined();
});
