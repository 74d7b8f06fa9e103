import { between, gaussian, happens, seededRandom, seedOf } from "../random.ts";
import { mealsOf } from "./meals.ts";
import type { Person } from "./person.ts";

/**
 * Blood glucose in mg/dL at a minute of a day. Pure in (person, day, minute): a level of the day, the rise before dawn,
 * the meals of this day and of the evening before, and on some days a fall too low or a rise too high.
 */
export function glucoseAt(person: Person, day: number, minute: number): number {
  const level = person.fastingGlucose + dayShift(person, day, minute) + dawn(person, minute);
  const meals = mealRise(person, day, minute) + mealRise(person, day - 1, minute + dayMin);
  const rises = riseOfIllness(person, day, minute) + riseOfIllness(person, day - 1, minute + dayMin);
  return Math.max(42, Math.min(520, fallen(person, { day, minute, glucose: level + meals + rises })));
}

const dayMin = 1_440;
/** 60 g raise glucose by the person's `mealRise`. */
const referenceMealG = 60;

/** Days differ; the change from one to the next is spread over the day, so that midnight is not a step. */
function dayShift(person: Person, day: number, minute: number): number {
  const shiftOf = (which: number): number =>
    gaussian(seededRandom(seedOf(person.seed, person.reference, "level", which)), 0, person.fastingGlucose / 16);
  const share = minute / dayMin;
  return shiftOf(day) * (1 - share) + shiftOf(day + 1) * share;
}

/** The liver's sugar before waking, which in type 2 diabetes nothing holds back. */
function dawn(person: Person, minute: number): number {
  const height = person.diabetes === "type-2" ? 12 : 2;
  return height * Math.exp(-(((minute - 390) / 90) ** 2));
}

function mealRise(person: Person, day: number, minute: number): number {
  let rise = 0;
  for (const meal of mealsOf(person, day)) {
    const sinceMeal = (minute - meal.minute) / person.peakAfterMin;
    // Zero at the meal, one at the peak, and a long tail.
    const shape = sinceMeal <= 0 ? 0 : sinceMeal * Math.exp(1 - sinceMeal);
    rise += person.mealRise * (meal.carbohydrateG / referenceMealG) * shape;
  }
  return rise;
}

/** On some days, a few hours of high glucose: an infection, a feast. */
function riseOfIllness(person: Person, day: number, minute: number): number {
  const random = seededRandom(seedOf(person.seed, person.reference, "rise", day));
  if (!happens(random, person.diabetes === "none" ? 0.01 : 0.07)) return 0;
  const peakMinute = between(random, 600, 1_380);
  const widthMin = between(random, 90, 180);
  return between(random, 60, 160) * Math.exp(-(((minute - peakMinute) / widthMin) ** 2));
}

/** On some days, a fall to 48 to 66 mg/dL, which only drugs bring about, and which ends within the day. */
function fallen(person: Person, { day, minute, glucose }: { day: number; minute: number; glucose: number }): number {
  const random = seededRandom(seedOf(person.seed, person.reference, "fall", day));
  if (!happens(random, person.diabetes === "none" ? 0 : fallChances[person.treatment])) return glucose;
  const depthMinute = between(random, 600, 1_300);
  const widthMin = between(random, 30, 45);
  const share = Math.exp(-(((minute - depthMinute) / widthMin) ** 2));
  return glucose * (1 - share) + between(random, 48, 66) * share;
}

const fallChances = { diet: 0, oral: 0.04, insulin: 0.14 } as const;
