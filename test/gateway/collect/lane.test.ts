import { expect, test } from "vitest";
import type { Reading } from "../../../cloud-sync/contract/reading.ts";
import type { GlucoseReadout, Measurement } from "../../../device-drivers/measurement/measurement.ts";
import { nobody } from "../../../gateway/collect/attribution.ts";
import { defaultCollectOptions } from "../../../gateway/collect/collect-options.ts";
import { laneOf } from "../../../gateway/collect/lane.ts";
import { implausible } from "../../../gateway/collect/plausibility.ts";
import { readingOf } from "../../../gateway/collect/reading-of.ts";
import { glucoseSample, pressureSample } from "./measurement-samples.ts";

const nowAt = Date.UTC(2026, 2, 1, 10, 0);
const minuteMs = 60_000;

function reading(measurement: Measurement, measuredAgoMs: number | null): Reading {
  const measured = measuredAgoMs === null ? null : new Date(nowAt - measuredAgoMs).toISOString();
  const made = readingOf(measurement, {
    id: "5e27aa55-e346-53b1-b1e8-34635603860a",
    device: { id: "device", manufacturer: null, model: null, serial: null, firmware: null, systemId: null },
    time: {
      device: null,
      deviceOffsetMin: null,
      received: new Date(nowAt).toISOString(),
      clockOffsetMs: null,
      clockMethod: "none",
      measured,
      uncertaintyMs: null,
      basis: measured === null ? "unknown" : "device",
    },
    owner: nobody,
  });
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

const glucose = (mantissa: number, exponent: number, unit: "mg/dL" | "mmol/L"): GlucoseReadout => ({
  ...glucoseSample,
  concentration: { number: { mantissa, exponent }, unit },
});
const pressure = (systolic: number, diastolic: number): Measurement => ({
  ...pressureSample,
  systolic: { mantissa: systolic, exponent: 0 },
  diastolic: { mantissa: diastolic, exponent: 0 },
});
const laneAt = (measurement: Measurement, agoMs: number | null) =>
  laneOf(reading(measurement, agoMs), nowAt, defaultCollectOptions);

test.each<[string, Measurement, "urgent" | "fresh"]>([
  ["53 mg/dL", glucose(53, 0, "mg/dL"), "urgent"],
  ["54 mg/dL", glucose(54, 0, "mg/dL"), "fresh"],
  ["250 mg/dL", glucose(250, 0, "mg/dL"), "fresh"],
  ["250.1 mg/dL", glucose(2501, -1, "mg/dL"), "urgent"],
  ["2.9 mmol/L", glucose(29, -1, "mmol/L"), "urgent"],
  ["3.0 mmol/L", glucose(30, -1, "mmol/L"), "fresh"],
  ["13.9 mmol/L", glucose(139, -1, "mmol/L"), "fresh"],
  ["14 mmol/L", glucose(14, 0, "mmol/L"), "urgent"],
  ["a ketone of 1.4 mmol/L", { ...glucose(14, -1, "mmol/L"), kind: "ketone" }, "fresh"],
  ["a ketone of 1.5 mmol/L", { ...glucose(15, -1, "mmol/L"), kind: "ketone" }, "urgent"],
  ["179/119 mmHg", pressure(179, 119), "fresh"],
  ["180/80 mmHg", pressure(180, 80), "urgent"],
  ["150/120 mmHg", pressure(150, 120), "urgent"],
  ["HI", { ...glucoseSample, concentration: { number: "positive-infinity", unit: "mg/dL" } }, "urgent"],
  ["LO", { ...glucoseSample, concentration: { number: "negative-infinity", unit: "mg/dL" } }, "urgent"],
  ["control solution of 40 mg/dL", { ...glucose(40, 0, "mg/dL"), controlSolution: true }, "fresh"],
])("%s, measured just now, is %s", (_, measurement, lane) => {
  expect(laneAt(measurement, minuteMs)).toBe(lane);
});

test("history is backfill, and an alarming value of long ago needs nobody now", () => {
  expect(laneAt(glucoseSample, 15 * minuteMs)).toBe("fresh");
  expect(laneAt(glucoseSample, 15 * minuteMs + 1)).toBe("backfill");
  expect(laneAt(glucose(40, 0, "mg/dL"), 24 * 60 * minuteMs)).toBe("urgent");
  expect(laneAt(glucose(40, 0, "mg/dL"), 24 * 60 * minuteMs + 1)).toBe("backfill");
});

test("of a reading of unknown time only the value speaks", () => {
  expect(laneAt(glucoseSample, null)).toBe("backfill");
  expect(laneAt(glucose(40, 0, "mg/dL"), null)).toBe("urgent");
  expect(laneOf(reading(glucose(40, 0, "mg/dL"), 0), null, defaultCollectOptions)).toBe("urgent");
});

test("what no body gives is implausible, and what any device can show is not", () => {
  const fault = (measurement: Measurement) => implausible(reading(measurement, 0));
  expect(fault(glucose(2001, 0, "mg/dL"))).toContain("2000 mg/dL");
  expect(fault(glucose(1111, -1, "mmol/L"))).toContain("111 mmol/L");
  expect(fault(pressure(401, 80))).toContain("systolic");
  expect(fault(pressure(80, 81))).toContain("below the diastolic");
  expect(fault({ ...pressureSample, pulseRate: { mantissa: 401, exponent: 0 } })).toContain("pulse");
  expect(fault(glucose(600, 0, "mg/dL"))).toBeNull();
  expect(fault(pressure(299, 200))).toBeNull();
  expect(fault({ ...glucoseSample, concentration: { number: "positive-infinity", unit: "mg/dL" } })).toBeNull();
});

test("a measurement that the contract refuses tells the field and the rule, and not the value", () => {
  const made = readingOf(
    { ...glucoseSample, sampleType: "", sequenceNumber: -4242 },
    {
      id: "5e27aa55-e346-53b1-b1e8-34635603860a",
      device: { id: "device", manufacturer: null, model: null, serial: null, firmware: null, systemId: null },
      time: reading(glucoseSample, 0).time,
      owner: nobody,
    },
  );
  expect(made).toEqual({ ok: false, error: expect.stringMatching(/sequenceNumber: too_small.*sampleType: too_small/) });
  expect(JSON.stringify(made)).not.toContain("4242");
});
