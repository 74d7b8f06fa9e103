import { toHex } from "../../device-drivers/kit/hex.ts";
import { encodeGlucoseContext } from "../../device-drivers/profiles/glucose/context-codec.ts";
import {
  encodeGlucoseMeasurement,
  type GlucoseMeasurementFrame,
} from "../../device-drivers/profiles/glucose/measurement-codec.ts";
import { declare } from "./scripted-device.ts";

/** A meter with contexts. */
export const meterTable = declare("1808/2A18 notify", "1808/2A34 notify", "1808/2A52 write,indicate");

export const plainFrame: GlucoseMeasurementFrame = {
  sequenceNumber: 1,
  baseTime: { year: 2026, month: 5, day: 12, hours: 7, minutes: 0, seconds: 0 },
  timeOffsetMin: null,
  concentration: { number: { mantissa: 104, exponent: -5 }, unit: "kg/L" },
  type: 1,
  sampleLocation: 1,
  status: null,
  contextFollows: false,
};

/** A script line that notifies record `sequenceNumber`, taken at 07:00 on that day of May unless told otherwise. */
export function measurementLine(sequenceNumber: number, changes: Partial<GlucoseMeasurementFrame> = {}): string {
  const baseTime = { year: 2026, month: 5, day: 1 + (sequenceNumber % 28), hours: 7, minutes: 0, seconds: 0 };
  return `2A18 ${toHex(encodeGlucoseMeasurement({ ...plainFrame, sequenceNumber, baseTime, ...changes }))}`;
}

/** A script line that notifies the context of record `sequenceNumber`. */
export function contextLine(sequenceNumber: number, meal = 1): string {
  const nothing = { extendedFlags: null, carbohydrate: null, testerHealth: null, exercise: null };
  return `2A34 ${toHex(encodeGlucoseContext({ ...nothing, sequenceNumber, meal, medication: null, hba1c: null }))}`;
}

export const count = (records: number): string => `2A52 0500${toHex(Uint8Array.of(records & 0xff, records >> 8))}`;
export const done = "2A52 06000101";
export const noRecords = "2A52 06000106";

/** The request for the records from this number on. */
export const from = (sequenceNumber: number): string =>
  `write 2A52 010301${toHex(Uint8Array.of(sequenceNumber & 0xff, sequenceNumber >> 8))}`;
export const countRequest = "write 2A52 0401";
export const allRequest = "write 2A52 0101";
export const newestRequest = "write 2A52 0106";
