import { displayedTime } from "../../device-drivers/kit/date-time.ts";
import { toHex } from "../../device-drivers/kit/hex.ts";
import type { MedicalNumber } from "../../device-drivers/measurement/decimal.ts";
import { dateTimeText, type DeviceDateTime } from "../../device-drivers/measurement/device-time.ts";
import { encodeGlucoseContext } from "../../device-drivers/profiles/glucose/context-codec.ts";
import {
  encodeGlucoseMeasurement,
  type GlucoseMeasurementFrame,
} from "../../device-drivers/profiles/glucose/measurement-codec.ts";
import type { DeviceEvent } from "./device-event.ts";

/** What is put onto a strip. */
export interface GlucoseSample {
  /** Whose blood it is; null for a stranger's and for control solution. The meter does not know. */
  readonly person: string | null;
  readonly mgPerDl: number;
  readonly fluid: "blood" | "control-solution";
  /** What the person tells the meter of the moment; null if nothing. */
  readonly meal: keyof typeof mealCodes | null;
  readonly carbohydrateG: number | null;
  /** The measurement fails. */
  readonly fault: keyof typeof faultStatusBits | null;
}

/** How a model writes its records down. */
export interface GlucoseFormat {
  readonly unit: "mg/dL" | "mmol/L";
  /** Beyond these it shows LO and HI. */
  readonly lowestMgPerDl: number;
  readonly highestMgPerDl: number;
  /** Low nibble of Type-Sample Location: 1 capillary whole blood, ... */
  readonly type: number;
  /** High nibble: 1 finger, ..., 15 not available. */
  readonly sampleLocation: number;
  /** It sends the status also where nothing is to be said. */
  readonly alwaysSendsStatus: boolean;
  /** It sends contexts, for what it was told of a moment. */
  readonly sendsContexts: boolean;
}

export const defaultGlucoseFormat: GlucoseFormat = {
  unit: "mg/dL",
  lowestMgPerDl: 20,
  highestMgPerDl: 600,
  type: 1,
  sampleLocation: 1,
  alwaysSendsStatus: true,
  sendsContexts: true,
};

/** A record in a meter's memory. Its sequence number is the meter's affair: some meters count backwards. */
export interface GlucoseRecord {
  /** Counts the meter's records from 1, and never starts again. */
  readonly number: number;
  readonly sequenceNumber: number;
  readonly sample: GlucoseSample;
  readonly baseTime: DeviceDateTime;
  readonly timeOffsetMin: number | null;
}

export const kindOf = ({ sample }: GlucoseRecord): DeviceEvent["kind"] => {
  if (sample.fault !== null) return "fault";
  return sample.fluid === "control-solution" ? "control-solution" : "reading";
};

/** What the meter displays as the time of a record; null while its clock shows zeros. */
export const userFacingTime = ({ baseTime, timeOffsetMin }: GlucoseRecord): DeviceDateTime | null =>
  displayedTime(baseTime, timeOffsetMin);

/** The frames of a record, as it is sent under this sequence number. */
export function glucoseFrames(
  record: GlucoseRecord,
  format: GlucoseFormat,
  sequenceNumber: number,
): { readonly measurement: Uint8Array; readonly context: Uint8Array | null } {
  const { sample, baseTime, timeOffsetMin } = record;
  const isControl = sample.fluid === "control-solution";
  const hasContext = format.sendsContexts && (sample.meal !== null || sample.carbohydrateG !== null);
  const statusBits = sample.fault === null ? 0 : faultStatusBits[sample.fault];
  const measurement: GlucoseMeasurementFrame = {
    sequenceNumber,
    baseTime,
    timeOffsetMin,
    concentration: concentrationOf(sample, format),
    type: isControl ? 10 : format.type,
    sampleLocation: isControl ? 4 : format.sampleLocation,
    status: statusBits === 0 && !format.alwaysSendsStatus ? null : statusBits,
    contextFollows: hasContext,
  };
  const context = hasContext ? contextOf(sample, sequenceNumber) : null;
  return { measurement: encodeGlucoseMeasurement(measurement), context };
}

/** What an oracle is told of a frame. */
export const glucoseEvent = (
  record: GlucoseRecord,
  frame: { readonly characteristic: "2A18" | "2A34"; readonly bytes: Uint8Array; readonly sequenceNumber: number },
): Pick<DeviceEvent, "record" | "kind" | "characteristic" | "hex" | "sequenceNumber" | "deviceTime" | "userSlot"> => ({
  record: record.number,
  kind: frame.characteristic === "2A34" ? "context" : kindOf(record),
  characteristic: frame.characteristic,
  hex: toHex(frame.bytes),
  sequenceNumber: frame.sequenceNumber,
  deviceTime: dateTimeText(record.baseTime),
  userSlot: null,
});

/** mg/dL is 10^-5 kg/L, and a tenth of a mmol/L is 10^-4 mol/L: so both keep the resolution that a meter displays. */
function concentrationOf(sample: GlucoseSample, format: GlucoseFormat): GlucoseMeasurementFrame["concentration"] {
  const unit = format.unit === "mg/dL" ? "kg/L" : "mol/L";
  if (sample.fault === "no-number") return { number: "nan", unit };
  // A strip that could not be read has no concentration at all.
  if (sample.fault !== null) return null;
  return { number: shownNumber(sample.mgPerDl, format), unit };
}

function shownNumber(mgPerDl: number, format: GlucoseFormat): MedicalNumber {
  if (mgPerDl > format.highestMgPerDl) return "positive-infinity";
  if (mgPerDl < format.lowestMgPerDl) return "negative-infinity";
  if (format.unit === "mg/dL") return { mantissa: Math.round(mgPerDl), exponent: -5 };
  return { mantissa: Math.round((10 * mgPerDl) / mgPerDlPerMmolPerL), exponent: -4 };
}

function contextOf({ meal, carbohydrateG }: GlucoseSample, sequenceNumber: number): Uint8Array {
  return encodeGlucoseContext({
    sequenceNumber,
    extendedFlags: null,
    // Grams, in a field of kilograms; which meal it was is not known to a meter.
    carbohydrate:
      carbohydrateG === null ? null : { id: 4, mass: { mantissa: Math.round(carbohydrateG), exponent: -3 } },
    meal: meal === null ? null : mealCodes[meal],
    testerHealth: { tester: 1, health: 5 },
    exercise: null,
    medication: null,
    hba1c: null,
  });
}

const mgPerDlPerMmolPerL = 18.0156;

/** Meal (GSS 3.103). */
const mealCodes = { preprandial: 1, postprandial: 2, fasting: 3, casual: 4, bedtime: 5 } as const;

/** Sensor Status Annunciation (GSS 3.101). `no-number` is a record with NaN and nothing said of why. */
const faultStatusBits = {
  "no-number": 0,
  "sample-too-small": 0b100,
  "strip-misplaced": 0b1000,
  "too-cold": 0b1_0000_0000,
  "strip-removed": 0b10_0000_0000,
  "device-fault": 0b100_0000_0000,
} as const;
