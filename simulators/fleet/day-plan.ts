import { gaussian, seededRandom, seedOf } from "../random.ts";

/** One measurement that somebody will make: who, with what. */
export type Occasion = "glucose" | "pressure-first" | "pressure-second";

export interface Visit {
  /** Milliseconds since 1970, of the simulated time. */
  readonly atMs: number;
  /** The gateway's index. */
  readonly gateway: number;
  readonly occasion: Occasion;
}

/** `daily`: people measure when people do. `steady`: as often, and at any time of the day. */
export type Rhythm = "daily" | "steady";

/**
 * What a home measures in a day: two people's pressure twice, one's glucose four times. Three of the eight fall into two
 * hours of the morning, which is the peak that a fleet in one time zone has.
 */
const habits: readonly { readonly occasion: Occasion; readonly minute: number; readonly spreadMin: number }[] = [
  { occasion: "glucose", minute: 420, spreadMin: 28 },
  { occasion: "pressure-first", minute: 425, spreadMin: 28 },
  { occasion: "pressure-second", minute: 435, spreadMin: 28 },
  { occasion: "glucose", minute: 740, spreadMin: 35 },
  { occasion: "glucose", minute: 1_120, spreadMin: 45 },
  { occasion: "pressure-first", minute: 1_230, spreadMin: 45 },
  { occasion: "pressure-second", minute: 1_245, spreadMin: 45 },
  { occasion: "glucose", minute: 1_320, spreadMin: 25 },
];

export const visitsPerDay = habits.length;
export const dayMs = 86_400_000;

export interface DayPlanOptions {
  readonly seed: number;
  readonly rhythm: Rhythm;
  readonly gateways: number;
}

/** All that a fleet measures on a day (days since 1970), by its time. Pure in (options, day). */
export function dayPlan(options: DayPlanOptions, day: number): readonly Visit[] {
  const visits = Array.from({ length: options.gateways }, (_, gateway) => visitsOf(options, gateway, day)).flat();
  return visits.toSorted((one, other) => one.atMs - other.atMs);
}

/** What one home measures on a day, by its time. */
export function visitsOf({ seed, rhythm }: DayPlanOptions, gateway: number, day: number): readonly Visit[] {
  const random = seededRandom(seedOf(seed, "visits", gateway, day));
  return habits
    .map(({ occasion, minute, spreadMin }) => {
      const usual = Math.max(-2 * spreadMin, Math.min(2 * spreadMin, gaussian(random, 0, spreadMin)));
      const second = rhythm === "daily" ? (minute + usual) * 60 : random() * 86_400;
      return { atMs: day * dayMs + Math.floor(second) * 1_000, gateway, occasion };
    })
    .toSorted((one, other) => one.atMs - other.atMs);
}
