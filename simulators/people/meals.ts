import { gaussian, seededRandom, seedOf } from "../random.ts";
import type { Person } from "./person.ts";

export interface Meal {
  /** Minutes after midnight. */
  readonly minute: number;
  readonly carbohydrateG: number;
}

/** The three meals of a day, in order. Pure in (person, day). */
export function mealsOf(person: Person, day: number): readonly Meal[] {
  const random = seededRandom(seedOf(person.seed, person.reference, "meals", day));
  return habits.map(({ minute, spreadMin, carbohydrateG }) => ({
    minute: Math.round(minute + clamped(gaussian(random, 0, spreadMin), 2 * spreadMin)),
    carbohydrateG: Math.round(Math.max(15, gaussian(random, carbohydrateG, carbohydrateG / 4))),
  }));
}

const clamped = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));

const habits = [
  { minute: 7.5 * 60, spreadMin: 20, carbohydrateG: 45 },
  { minute: 12.5 * 60, spreadMin: 25, carbohydrateG: 60 },
  { minute: 19 * 60, spreadMin: 30, carbohydrateG: 65 },
];
