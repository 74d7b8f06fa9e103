import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assumptions, capacityPlan, measured } from "../../../simulators/fleet/capacity.ts";
import { capacityText, constantsText } from "../../../simulators/fleet/capacity-text.ts";
import { dayPlan } from "../../../simulators/fleet/day-plan.ts";
import { householdOf } from "../../../simulators/fleet/household.ts";
import { ReadingMaker } from "../../../simulators/fleet/reading-maker.ts";

const page = readFileSync(join(import.meta.dirname, "../../../cloud-sync/ingest/capacity.md"), "utf8");

test("the page shows what the arithmetic says, to the letter", () => {
  expect(page).toContain(capacityText([1_000, 100_000, 1_000_000].map(capacityPlan)));
  expect(page).toContain(constantsText());
});

test("every constant says how it was come by", () => {
  const constants = Object.values({ ...assumptions, ...measured });
  expect(constants.length).toBeGreaterThan(10);
  for (const { value, unit, how } of constants) {
    expect(value).toBeGreaterThan(0);
    expect(unit).not.toBe("");
    expect(how.length).toBeGreaterThan(20);
  }
});

test("ten times the gateways need ten times the rates, rows and memory", () => {
  const [one, ten] = [capacityPlan(10_000), capacityPlan(100_000)];
  for (const key of [
    "readingsPerSecondPeak",
    "rowsPerDay",
    "embeddedMemoryBytes",
    "peakCores",
    "pingsPerSecond",
  ] as const) {
    expect(ten[key] / one[key]).toBeCloseTo(10);
  }
  expect(ten.limits.map(({ use }) => use)).toEqual(ten.limits.map(({ use }) => use).toSorted((a, b) => b - a));
});

test("a year of a thousand homes is what one can reckon by hand", () => {
  const plan = capacityPlan(1_000);
  expect(plan.rowsPerDay).toBe(8_000);
  expect(plan.readingsPerSecondPeak).toBeCloseTo(3_000 / 7_200);
  expect(plan.backlogReadings).toBe(8_000);
  expect(plan.sqliteBytesPerYear).toBeCloseTo(8_000 * 365 * measured.sqliteRowBytes.value);
  expect(plan.brokerProcesses).toBe(1);
  expect(plan.reconnectOneCoreS).toBe(assumptions.reconnectCapS.value);
});

test("a fleet that one process cannot hold is given more, by whatever is scarcest", () => {
  const plan = capacityPlan(1_000_000);
  const scarcest = plan.limits[0]?.use ?? 0;
  expect(scarcest).toBeGreaterThan(1);
  expect(plan.brokerProcesses).toBeGreaterThanOrEqual(Math.floor(scarcest));
});

test("the assumptions are what the simulated people do", () => {
  const plan = { seed: 1, rhythm: "daily", gateways: 200 } as const;
  const visits = dayPlan(plan, 20_500);
  expect(visits.length / plan.gateways).toBe(assumptions.readingsPerDay.value);
  const makers = Array.from({ length: plan.gateways }, (_, index) => new ReadingMaker(householdOf(1, index)));
  const sizes = visits.flatMap((visit) => JSON.stringify(makers[visit.gateway]?.make(visit) ?? null).length);
  const meanBytes = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  // The rest is the envelope, the receipt and the packets around both.
  expect(measured.readingBytes.value - meanBytes).toBeGreaterThan(150);
  expect(measured.readingBytes.value - meanBytes).toBeLessThan(500);
});
