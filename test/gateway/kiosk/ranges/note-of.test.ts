import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { GlucoseReading } from "../../../../cloud-sync/contract/reading.ts";
import { noteOf } from "../../../../gateway/kiosk/ranges/note-of.ts";
import { loadRangeTables, standardRanges } from "../../../../gateway/kiosk/ranges/range-table.ts";
import { standardTables } from "../../../../gateway/kiosk/ranges/standard-tables.ts";
import { bloodPressure, glucose } from "../../../cloud-sync/ingest/sample-readings.ts";

const pressure = (systolic: string, diastolic: string): string | undefined =>
  noteOf(
    bloodPressure(1, { systolic: { value: systolic, unit: "mmHg" }, diastolic: { value: diastolic, unit: "mmHg" } }),
    standardRanges,
  )?.category;

const sugar = (concentration: GlucoseReading["concentration"], changes: Partial<GlucoseReading> = {}) =>
  noteOf(glucose(1, { concentration, ...changes }), standardRanges);

test("blood pressure lies where ACC/AHA 2017 says, by the worse of the two numbers, at every boundary", () => {
  expect(pressure("119", "79")).toBe("normal");
  expect(pressure("119.9", "79.9")).toBe("normal");
  expect(pressure("120", "79")).toBe("elevated");
  expect(pressure("129", "79")).toBe("elevated");
  expect(pressure("129", "80")).toBe("hypertension-stage-1");
  expect(pressure("130", "79")).toBe("hypertension-stage-1");
  expect(pressure("139", "89")).toBe("hypertension-stage-1");
  expect(pressure("140", "79")).toBe("hypertension-stage-2");
  expect(pressure("119", "90")).toBe("hypertension-stage-2");
  expect(pressure("180", "120")).toBe("hypertension-stage-2");
  expect(pressure("181", "80")).toBe("hypertensive-crisis");
  expect(pressure("120", "121")).toBe("hypertensive-crisis");
  expect(noteOf(bloodPressure(1), standardRanges)?.source).toBe("ACC/AHA 2017");
});

test("glucose lies where the ADA says, in the unit of the meter, exactly", () => {
  const mass = (value: string) => sugar({ value, unit: "mg/dL" })?.category;
  expect(["53", "54", "69", "70", "180", "181", "250", "251"].map(mass)).toEqual([
    "hypoglycemia-level-2",
    "hypoglycemia-level-1",
    "hypoglycemia-level-1",
    "in-range",
    "in-range",
    "hyperglycemia-level-1",
    "hyperglycemia-level-1",
    "hyperglycemia-level-2",
  ]);
  const molar = (value: string) => sugar({ value, unit: "mmol/L" })?.category;
  expect(["2.9", "3.0", "3.8", "3.9", "10.0", "10.00", "10.1", "13.9", "14.0"].map(molar)).toEqual([
    "hypoglycemia-level-2",
    "hypoglycemia-level-1",
    "hypoglycemia-level-1",
    "in-range",
    "in-range",
    "in-range",
    "hyperglycemia-level-1",
    "hyperglycemia-level-1",
    "hyperglycemia-level-2",
  ]);
  expect(sugar({ value: "40", unit: "mg/dL" })).toMatchObject({ level: "urgent", source: "ADA Standards of Care" });
});

test("a meter's HI and LO are urgent; no number at all, and a test with control solution, have no note", () => {
  expect(sugar({ absent: "positive-infinity", unit: "mg/dL" })).toMatchObject({
    category: "meter-high",
    level: "urgent",
  });
  expect(sugar({ absent: "negative-infinity", unit: "mmol/L" })).toMatchObject({
    category: "meter-low",
    level: "urgent",
  });
  expect(sugar({ absent: "nan", unit: "mg/dL" })).toBeNull();
  expect(sugar({ value: "40", unit: "mg/dL" }, { controlSolution: true })).toBeNull();
});

test("ketones have a table of their own, in mmol/L", () => {
  const ketone = (value: string) => sugar({ value, unit: "mmol/L" }, { kind: "ketone" })?.category;
  expect(["0.5", "0.6", "1.5", "3.0"].map(ketone)).toEqual([
    "ketones-normal",
    "ketones-raised",
    "ketones-high-risk",
    "ketones-immediate-risk",
  ]);
  expect(sugar({ value: "20", unit: "mg/dL" }, { kind: "ketone" })).toBeNull();
});

test("an operator's file replaces the tables, and one that is wrong is refused with what is wrong in it", () => {
  const folder = mkdtempSync(join(tmpdir(), "ranges-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "ranges.yaml");
  const own = {
    ...standardTables,
    bloodPressure: { source: "ESH 2023", categories: [{ category: "all", level: "in-range" }] },
  };
  writeFileSync(path, JSON.stringify(own));
  expect(noteOf(bloodPressure(1), loadRangeTables(path))).toEqual({
    category: "all",
    level: "in-range",
    source: "ESH 2023",
    scale: [{ category: "all", level: "in-range", until: null }],
  });
  writeFileSync(path, JSON.stringify({ ...own, glucose: { source: "x", beyond: null, categories: [] } }));
  expect(() => loadRangeTables(path)).toThrow(expect.objectContaining({ code: "range-table-invalid" }));
  writeFileSync(path, JSON.stringify({ ...own, ketone: null }));
  expect(noteOf(glucose(1, { kind: "ketone" }), loadRangeTables(path))).toBeNull();
});

const scaleOf = (note: ReturnType<typeof noteOf>): readonly unknown[] =>
  note?.scale.map(({ category, until }) => [category, until]) ?? [];

test("a note comes with the whole scale of its table, from low to high, with the limits in the unit of the reading", () => {
  expect(scaleOf(noteOf(bloodPressure(1), standardRanges))).toEqual([
    ["normal", "120"],
    ["elevated", "130/80"],
    ["hypertension-stage-1", "140/90"],
    ["hypertension-stage-2", "180/120"],
    ["hypertensive-crisis", null],
  ]);
  expect(scaleOf(sugar({ value: "5.4", unit: "mmol/L" }))).toEqual([
    ["hypoglycemia-level-2", "3.0"],
    ["hypoglycemia-level-1", "3.9"],
    ["in-range", "10.0"],
    ["hyperglycemia-level-1", "13.9"],
    ["hyperglycemia-level-2", null],
  ]);
  const ketone = glucose(1, { kind: "ketone", concentration: { value: "0.4", unit: "mmol/L" } });
  expect(scaleOf(noteOf(ketone, standardRanges))).toEqual([
    ["ketones-normal", "0.6"],
    ["ketones-raised", "1.5"],
    ["ketones-high-risk", "3.0"],
    ["ketones-immediate-risk", null],
  ]);
});
