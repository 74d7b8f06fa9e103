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
  const odd = episode(person, day, minute) + episode(person, day - 1, minute + dayMin);
  return Math.max(42, Math.min(520, level + meals + odd));
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

/** A hypoglycaemic fall between meals, which only drugs bring about, or a day of high glucose (illness, a feast). */
function episode(person: Person, day: number, minute: number): number {
  const random = seededRandom(seedOf(person.seed, person.reference, "episode", day));
  const fallChance = person.diabetes === "none" ? 0 : fallChances[person.treatment];
  const isFall = happens(random, fallChance);
  const isRise = !isFall && happens(random, person.diabetes === "none" ? 0.01 : 0.07);
  if (!isFall && !isRise) return 0;
  const peakMinute = between(random, 600, 1_380);
  const widthMin = isFall ? between(random, 25, 45) : between(random, 90, 180);
  const height = isFall ? -between(random, 0.45, 0.65) * person.fastingGlucose : between(random, 60, 160);
  return height * Math.exp(-(((minute - peakMinute) / widthMin) ** 2));
}

const fallChances = { diet: 0, oral: 0.03, insulin: 0.12 } as const;
