import { expect, test } from "vitest";
import { csvCell, csvHeader, csvLine } from "../../../gateway/cli/reading-csv.ts";
import { timeText, valueText } from "../../../gateway/cli/reading-text.ts";
import { glucose, pressure } from "./sample-readings.ts";

test("a value keeps the digits that its device sent, and a meter's HI and LO stay what they are", () => {
  expect(valueText(glucose)).toBe("6.0 mmol/L");
  expect(valueText(pressure)).toBe("128/82 mmHg, pulse 71");
  const high = { absent: "positive-infinity", unit: "mg/dL" } as const;
  expect(valueText({ ...glucose, concentration: high })).toBe("HI mg/dL");
  expect(valueText({ ...glucose, kind: "ketone" })).toBe("ketone 6.0 mmol/L");
  expect(valueText({ ...glucose, controlSolution: true })).toBe("6.0 mmol/L (control solution)");
});

test("a time that nobody knows is said to be unknown", () => {
  expect(timeText(glucose)).toBe("2026-03-01 07:58:00");
  expect(timeText({ ...glucose, time: { ...glucose.time, measured: null } })).toBe("time unknown");
});

test("an export has a header and a line for each reading, with as many cells", () => {
  const lines = [
    csvHeader,
    csvLine({ seq: 1, reading: glucose, state: "delivered" }),
    csvLine({ seq: 2, reading: pressure, state: "held" }),
  ];
  expect(lines.map((line) => line.trimEnd().split(",").length)).toEqual([23, 23, 23]);
  expect(lines.every((line) => line.endsWith("\r\n"))).toBe(true);
  expect(lines[1]).toContain(",6.0,mmol/L,,false,fasting,");
  expect(lines[2]).toContain(",128,82,,71,irregular_pulse,held");
});

test("a cell is quoted where it must be, and never a formula", () => {
  expect(csvCell('say "so", twice')).toBe('"say ""so"", twice"');
  expect(csvCell("two\nlines")).toBe('"two\nlines"');
  expect(["=1+1", "+1+1", "@cmd", "-cmd", "\tx"].map(csvCell)).toEqual(["'=1+1", "'+1+1", "'@cmd", "'-cmd", "'\tx"]);
  expect([csvCell("-5"), csvCell("6.0"), csvCell(7), csvCell(null)]).toEqual(["-5", "6.0", "7", ""]);
});
