import { displayedTime } from "../../kit/date-time.ts";
import { dateTimeText } from "../../measurement/device-time.ts";
import { count, quantity, scaled, timeIsKnown, timeText, whenPresent } from "../../kit/decoded-fields.ts";
import type { FieldValue } from "../../kit/decoded-fields.ts";
import {
  carbohydrateName,
  healthName,
  mealName,
  medicationName,
  testerName,
  type GlucoseContextFrame,
} from "./context-codec.ts";
import {
  glucoseStatusNames,
  glucoseTypeName,
  sampleLocationName,
  type GlucoseMeasurementFrame,
} from "./measurement-codec.ts";

type Fields = Readonly<Record<string, FieldValue | undefined>>;

/** A Glucose Measurement for people: also the concentration in the unit of displays, and the displayed time. */
export function glucoseMeasurementFields(frame: GlucoseMeasurementFrame): Fields {
  const { concentration } = frame;
  return {
    sequenceNumber: frame.sequenceNumber,
    baseTime: timeText(frame.baseTime),
    baseTimeKnown: timeIsKnown(frame.baseTime),
    timeOffset: whenPresent(frame.timeOffsetMin, (minutes) => count(minutes, "min")),
    userTime: userTimeOf(frame),
    concentration: whenPresent(concentration, ({ number, unit }) => quantity(number, unit)),
    glucoseMgDl: concentration?.unit === "kg/L" ? scaled(concentration.number, 5, "mg/dL") : undefined,
    glucoseMmolL: concentration?.unit === "mol/L" ? scaled(concentration.number, 3, "mmol/L") : undefined,
    type: whenPresent(frame.type, glucoseTypeName),
    sampleLocation: whenPresent(frame.sampleLocation, sampleLocationName),
    status: frame.status ?? undefined,
    statusFlags: whenPresent(frame.status, glucoseStatusNames),
    contextFollows: frame.contextFollows,
  };
}

function userTimeOf({ baseTime, timeOffsetMin }: GlucoseMeasurementFrame): string | undefined {
  if (baseTime === "invalid" || timeOffsetMin === null) return undefined;
  return whenPresent(displayedTime(baseTime, timeOffsetMin), dateTimeText);
}

export const glucoseContextFields = (frame: GlucoseContextFrame): Fields => ({
  sequenceNumber: frame.sequenceNumber,
  extendedFlags: frame.extendedFlags ?? undefined,
  carbohydrateId: whenPresent(frame.carbohydrate, ({ id }) => carbohydrateName(id)),
  carbohydrate: whenPresent(frame.carbohydrate, ({ mass }) => quantity(mass, "kg")),
  meal: whenPresent(frame.meal, mealName),
  tester: whenPresent(frame.testerHealth, ({ tester }) => testerName(tester)),
  health: whenPresent(frame.testerHealth, ({ health }) => healthName(health)),
  exerciseDuration: whenPresent(frame.exercise, ({ durationS }) => count(durationS, "s")),
  exerciseIntensity: whenPresent(frame.exercise, ({ intensityPercent }) => count(intensityPercent, "%")),
  medicationId: whenPresent(frame.medication, ({ id }) => medicationName(id)),
  medication: whenPresent(frame.medication, ({ amount, unit }) => quantity(amount, unit)),
  hba1c: whenPresent(frame.hba1c, (number) => quantity(number, "%")),
});
