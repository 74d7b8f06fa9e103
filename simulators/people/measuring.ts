import type { Random } from "../../device-drivers/ports/clock.ts";
import type { BloodPressureSample } from "../peripherals/blood-pressure-record.ts";
import type { GlucoseSample } from "../peripherals/glucose-record.ts";
import { gaussian, happens } from "../random.ts";
import { bloodPressureAt } from "./blood-pressure.ts";
import { glucoseAt } from "./glucose.ts";
import { mealsOf } from "./meals.ts";
import type { Person } from "./person.ts";

/** A moment in a person's life. */
export interface Moment {
  readonly day: number;
  /** Minutes after midnight, 0 to 1439. */
  readonly minute: number;
}

/**
 * A drop of the person's blood on a strip. Meters err: 95 percent of what they show must lie within 15 percent of the
 * truth (ISO 15197:2013, 6.3.3), and good ones keep to two thirds of that. One strip in seventy is wasted.
 */
export function measureGlucose(person: Person, moment: Moment, random: Random): GlucoseSample {
  const truth = glucoseAt(person, moment.day, moment.minute);
  const tellsMoment = happens(random, 0.75);
  const meal = tellsMoment ? mealMoment(person, moment) : null;
  const sinceMeal = meal === "postprandial" ? mealBefore(person, moment) : null;
  return {
    person: person.reference,
    mgPerDl: Math.max(10, truth * gaussian(random, 1, 0.05)),
    fluid: "blood",
    meal,
    carbohydrateG: sinceMeal?.carbohydrateG ?? null,
    fault: happens(random, 1 / 70) ? "sample-too-small" : null,
  };
}

/** Control solution, by which somebody checks the meter: never a person's reading. */
export const controlSolution = (random: Random): GlucoseSample => ({
  person: null,
  mgPerDl: gaussian(random, 112, 4),
  fluid: "control-solution",
  meal: null,
  carbohydrateG: null,
  fault: null,
});

/** A cuff's error is at most 5 mmHg on average with a deviation of 8 (ISO 81060-2); one person's readings vary by less. */
export function measureBloodPressure(
  person: Person,
  moment: Moment & { readonly inClinic: boolean; readonly userSlot: number | null },
  random: Random,
): BloodPressureSample {
  const truth = bloodPressureAt(person, moment);
  const systolicMmHg = Math.max(70, truth.systolic + gaussian(random, 0, 4));
  const diastolicMmHg = Math.min(systolicMmHg - 20, Math.max(40, truth.diastolic + gaussian(random, 0, 3)));
  return {
    person: person.reference,
    userSlot: moment.userSlot,
    systolicMmHg,
    diastolicMmHg,
    pulsePerMin: Math.max(40, truth.pulse + gaussian(random, 0, 3)),
    irregularPulse: happens(random, 0.01),
    bodyMovement: happens(random, 0.03),
    fault: happens(random, 0.015),
  };
}

function mealMoment(person: Person, { day, minute }: Moment): GlucoseSample["meal"] {
  if (minute >= 1_290) return "bedtime";
  const meals = mealsOf(person, day);
  const [breakfast] = meals;
  if (breakfast !== undefined && minute < breakfast.minute) return minute > 240 ? "fasting" : "casual";
  if (meals.some((meal) => meal.minute - minute >= 0 && meal.minute - minute <= 45)) return "preprandial";
  return meals.some((meal) => minute - meal.minute >= 60 && minute - meal.minute <= 150) ? "postprandial" : "casual";
}

const mealBefore = (person: Person, { day, minute }: Moment): { readonly carbohydrateG: number } | null =>
  mealsOf(person, day).findLast((meal) => meal.minute <= minute) ?? null;
