import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bloodPressure, bundleFor, glucose, observationsOf, resourcesOf, textOf } from "./reading-samples.ts";
import { anyReading } from "./reading-arbitrary.ts";
import { faultsOf, faultsOfBundle } from "./validators.ts";

/** The validators read all of R4's definitions once, which alone takes half a minute on a busy machine. */
const patientMs = 180_000;

test("every reading makes a bundle in which third-party validators find no fault", { timeout: patientMs }, () => {
  fc.assert(
    fc.property(anyReading, (reading) => {
      expect(faultsOfBundle(bundleFor(reading))).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

test("the same reading always makes the same bytes, whatever else was mapped before", () => {
  fc.assert(
    fc.property(anyReading, anyReading, (reading, other) => {
      const before = textOf(reading);
      textOf(other);
      expect(textOf(reading)).toBe(before);
    }),
    { numRuns: 100 },
  );
});

test("references within a bundle lead to entries of it, and all entries are conditional creates", () => {
  fc.assert(
    fc.property(anyReading, (reading) => {
      const bundle = bundleFor(reading);
      const urls = new Set((bundle.entry ?? []).map(({ fullUrl }) => fullUrl));
      expect(urls.size).toBe(bundle.entry?.length);
      const named = JSON.stringify(bundle).matchAll(/"reference":"(urn:uuid:[^"]+)"/g);
      for (const [, reference] of named) expect(urls).toContain(reference);
      for (const { request } of bundle.entry ?? []) {
        expect(request?.method).toBe("POST");
        expect(request?.ifNoneExist).toMatch(
          /^(?:_tag|identifier=[A-Za-z0-9%._-]+&identifier|identifier)=[A-Za-z0-9%._-]+$/,
        );
      }
    }),
    { numRuns: 100 },
  );
});

test("no identifier is longer than servers compare, and no two Observations of a bundle share one", () => {
  fc.assert(
    fc.property(anyReading, (reading) => {
      const values = observationsOf(bundleFor(reading)).flatMap(({ identifier = [] }) =>
        identifier.map(({ value }) => value),
      );
      expect(new Set(values).size).toBe(values.length);
      for (const value of values) expect(value?.length).toBeLessThanOrEqual(128);
    }),
    { numRuns: 100 },
  );
});

test("the validators refuse what is wrong: they are not silent", () => {
  const [, , , main] = resourcesOf(bundleFor(glucose()));
  const [, , , panel] = resourcesOf(bundleFor(bloodPressure()));
  if (main?.resourceType !== "Observation" || panel?.resourceType !== "Observation") throw new TypeError("no sample");
  const { status: _status, ...withoutStatus } = main;
  const wrong: readonly object[] = [
    withoutStatus,
    { ...main, effectiveDateTime: "2026-07-01T07:58:00" },
    { ...main, valueQuantity: { ...main.valueQuantity, value: "6.0" } },
    { ...main, dataAbsentReason: { coding: [{ code: "error" }] } },
    { ...main, subject: "sim-0001" },
    { ...main, valueQuantity: { ...main.valueQuantity, code: "mgdL" } },
    { ...main, unheardOf: true },
    { ...panel, component: panel.component?.slice(0, 1) },
    { ...panel, effectiveDateTime: undefined },
  ];
  const references = (text: string): string => text.replaceAll(/urn:uuid:/g, "Device/");
  for (const right of [main, panel]) expect(faultsOf(JSON.parse(references(JSON.stringify(right))))).toEqual([]);
  for (const resource of wrong) {
    expect.soft(faultsOf(JSON.parse(references(JSON.stringify(resource)))), JSON.stringify(resource)).not.toEqual([]);
  }
});
