import type { DeviceQuirks, Observed } from "../../kit/driver.ts";
import { isDecimal, scaleByPowerOfTen, type MedicalNumber } from "../../measurement/decimal.ts";
import type { GlucoseContext, GlucoseReadout, Quantity, RawFrame } from "../../measurement/measurement.ts";
import {
  carbohydrateName,
  healthName,
  mealName,
  medicationName,
  testerName,
  type GlucoseContextFrame,
} from "./context-codec.ts";
import type { JoinedRecord } from "./context-joiner.ts";
import {
  glucoseStatusNames,
  glucoseTypeName,
  sampleLocationName,
  type GlucoseMeasurementFrame,
} from "./measurement-codec.ts";

/** Gives a record its meaning: a measurement, or why it may not be taken for one. */
export function readoutOf(joined: JoinedRecord, quirks: DeviceQuirks): Observed {
  if (joined.type === "orphan") {
    const reason = `a context came for record ${joined.sequenceNumber}, but no measurement`;
    return { type: "undecodable", reason, frames: [joined.frame] };
  }
  const { measurement, context, contextMissing, frames } = joined;
  const { concentration, sequenceNumber } = measurement;
  const fault = faultOf(measurement) ?? phantomOf(measurement, quirks);
  if (fault !== null || concentration === null) {
    return { type: "device-fault", reason: fault ?? "the record holds no concentration", frames };
  }
  if (quirks.ketoneAsMeal6 && measurement.contextFollows && context === null) {
    const reason = "without its context, which has not come, this record may be a glucose or a ketone";
    return { type: "incomplete", sequenceNumber, reason, frames };
  }
  const isKetone = quirks.ketoneAsMeal6 && context?.meal === ketoneMeal;
  const number = hiOrLo[rangeOf(measurement)] ?? concentration.number;
  const readout: GlucoseReadout = {
    kind: isKetone ? "ketone" : "glucose",
    concentration: isKetone ? ketoneIn(concentration.unit, number) : glucoseIn(concentration.unit, number),
    sampleType: glucoseTypeName(measurement.type ?? 0),
    sampleLocation: sampleLocationName(measurement.sampleLocation ?? 0),
    controlSolution: isControlSolution(measurement),
    status: glucoseStatusNames(measurement.status ?? 0),
    context: context === null ? null : contextOf(isKetone ? { ...context, meal: null } : context),
    contextMissing,
    deviceTime: measurement.baseTime === "invalid" ? null : measurement.baseTime,
    deviceTimeOffsetMin: measurement.timeOffsetMin,
    sequenceNumber,
    userSlot: null,
    valueBytes: valueBytesOf(measurement, frames),
    frames,
  };
  return { type: "measurement", measurement: readout };
}

/** Sensor Status Annunciation (GSS 3.101): the bits that say that there is no valid result, and the two out of range. */
const statusBit = { noResult: 0b0111_1001_1110, tooHigh: 0b10_0000, tooLow: 0b100_0000 } as const;
const controlSolution = { type: 10, location: 4 } as const;
/** Reserved in GSS 3.103; CareSens meters mark a beta-hydroxybutyrate record with it. */
export const ketoneMeal = 6;

/** Why the record holds no result of a test; null if it holds one, be it only HI or LO. */
function faultOf(measurement: GlucoseMeasurementFrame): string | null {
  const faults = (measurement.status ?? 0) & statusBit.noResult;
  if (faults !== 0) return `the meter reports: ${glucoseStatusNames(faults).join(", ")}`;
  const range = rangeOf(measurement);
  if (range === "contradictory") return "the meter says both that the result is too high and that it is too low";
  const number = measurement.concentration?.number;
  if (range !== "measured" || number === undefined) return null;
  if (!isDecimal(number)) return `the meter gives no number for the concentration (${number})`;
  // FFFF is the number -0.1, which meters send where they have no value; zero is as little a concentration.
  return number.mantissa > 0 ? null : "the meter gives a concentration that is not above zero";
}

function phantomOf(measurement: GlucoseMeasurementFrame, { phantomHighYear }: DeviceQuirks): string | null {
  if (phantomHighYear === null || measurement.baseTime === "invalid" || rangeOf(measurement) !== "high") return null;
  return measurement.baseTime.year === phantomHighYear ? "the meter marks a full memory with a HI of no test" : null;
}

type Range = "measured" | "high" | "low" | "contradictory";

function rangeOf({ status, concentration }: GlucoseMeasurementFrame): Range {
  const isHigh = ((status ?? 0) & statusBit.tooHigh) !== 0 || concentration?.number === "positive-infinity";
  const isLow = ((status ?? 0) & statusBit.tooLow) !== 0 || concentration?.number === "negative-infinity";
  if (isHigh && isLow) return "contradictory";
  if (isHigh) return "high";
  return isLow ? "low" : "measured";
}

/** What a result out of range is told as, whatever number the meter put beside it. */
const hiOrLo: Readonly<Partial<Record<Range, MedicalNumber>>> = {
  high: "positive-infinity",
  low: "negative-infinity",
};

/** Exact, because only the exponent moves: 1 kg/L is 10^5 mg/dL and 1 mol/L is 10^3 mmol/L. */
export const glucoseIn = (unit: "kg/L" | "mol/L", number: MedicalNumber): GlucoseReadout["concentration"] =>
  unit === "kg/L" ? quantity(number, 5, "mg/dL") : quantity(number, 3, "mmol/L");

/** CareSens meters write a ketone of 0.1 mmol/L as 1 mg/dL of glucose, so one power of ten less. */
export const ketoneIn = (unit: "kg/L" | "mol/L", number: MedicalNumber): GlucoseReadout["concentration"] =>
  quantity(number, unit === "kg/L" ? 4 : 3, "mmol/L");

const quantity = <Unit extends string>(number: MedicalNumber, power: number, unit: Unit): Quantity<Unit> => ({
  number: isDecimal(number) ? scaleByPowerOfTen(number, power) : number,
  unit,
});

export const isControlSolution = ({ type, sampleLocation }: GlucoseMeasurementFrame): boolean =>
  type === controlSolution.type || sampleLocation === controlSolution.location;

/** What makes the value, for the identity of the record: the unit bit of the flags, the concentration, type with location. */
export function valueBytesOf({ timeOffsetMin }: GlucoseMeasurementFrame, frames: readonly RawFrame[]): Uint8Array {
  const bytes = frames.find((frame) => frame.characteristic === "2A18")?.bytes ?? new Uint8Array();
  const start = timeOffsetMin === null ? 10 : 12;
  return Uint8Array.of((bytes[0] ?? 0) & 0b100, ...bytes.subarray(start, start + 3));
}

/** The context by the names of the specification, with its masses and volumes in the units that people use. */
export function contextOf(frame: GlucoseContextFrame): GlucoseContext {
  const { carbohydrate, meal, testerHealth, exercise, medication, hba1c } = frame;
  return {
    ...(carbohydrate !== null && {
      carbohydrate: { id: carbohydrateName(carbohydrate.id), mass: quantity(carbohydrate.mass, 3, "g") },
    }),
    ...(meal !== null && { meal: mealName(meal) }),
    ...(testerHealth !== null && {
      tester: testerName(testerHealth.tester),
      health: healthName(testerHealth.health),
    }),
    ...(exercise !== null && { exercise }),
    ...(medication !== null && {
      medication: {
        id: medicationName(medication.id),
        amount: medication.unit === "kg" ? quantity(medication.amount, 6, "mg") : quantity(medication.amount, 3, "mL"),
      },
    }),
    ...(hba1c !== null && { hba1c: quantity(hba1c, 0, "%") }),
  };
}
