import type { Reading } from "../../cloud-sync/contract/reading.ts";
import type { Lane } from "../../cloud-sync/uplink/outbox.ts";
import { compareDecimals, type Decimal } from "../../device-drivers/measurement/decimal.ts";
import type { CollectOptions, UrgentThresholds } from "./collect-options.ts";

type LaneOptions = Pick<CollectOptions, "urgent" | "urgentWithinMs" | "freshMs">;

/**
 * The lane in which a reading travels: `urgent` if somebody should look now, `fresh` if it was measured just now or
 * received from a device without a clock, else `backfill`. Control solution is a test, and never urgent.
 * @param nowAt the gateway's time; null while it is not trusted
 */
export function laneOf(reading: Reading, nowAt: number | null, options: LaneOptions): Lane {
  const measuredAt = reading.time.measured === null ? null : Date.parse(reading.time.measured);
  const ageMs = measuredAt === null || nowAt === null ? null : nowAt - measuredAt;
  const isOfNow = ageMs === null || ageMs <= options.urgentWithinMs;
  if (isOfNow && isAlarming(reading, options.urgent)) return "urgent";
  return ageMs !== null && ageMs <= options.freshMs ? "fresh" : "backfill";
}

/** Is the value one that needs somebody, whenever it was measured? */
export function isAlarming(reading: Reading, thresholds: UrgentThresholds): boolean {
  if (reading.kind === "blood-pressure") {
    return (
      reaches(reading.systolic.value, thresholds.systolicFrom) ||
      reaches(reading.diastolic.value, thresholds.diastolicFrom)
    );
  }
  if (reading.controlSolution) return false;
  const { concentration } = reading;
  if (!("value" in concentration)) {
    return concentration.absent === "positive-infinity" || concentration.absent === "negative-infinity";
  }
  if (reading.kind === "ketone") return reaches(concentration.value, thresholds.ketoneFrom[concentration.unit]);
  const { below, above } = thresholds.glucose[concentration.unit];
  const value = decimalOf(concentration.value);
  return compareDecimals(value, below) < 0 || compareDecimals(value, above) > 0;
}

const reaches = (text: string, threshold: Decimal): boolean => compareDecimals(decimalOf(text), threshold) >= 0;

/** The decimal that a reading's text stands for: "6.0" is 60e-1. */
export function decimalOf(text: string): Decimal {
  const [whole = "", fraction = ""] = text.split(".");
  return { mantissa: Number(whole + fraction), exponent: -fraction.length };
}
