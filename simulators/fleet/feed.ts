import type { Clock } from "../../device-drivers/ports/clock.ts";
import { dayMs, dayPlan, visitsOf, visitsPerDay, type DayPlanOptions, type Visit } from "./day-plan.ts";

export interface FeedOptions {
  readonly plan: DayPlanOptions;
  /** The simulated time at the start, in milliseconds since 1970. */
  readonly startMs: number;
  /** How many times faster than the clock people live. */
  readonly speed: number;
}

/** Lets people live from `startMs` on, until the signal is aborted: each visit is announced when its time has come. */
export async function feed(
  { plan, startMs, speed }: FeedOptions,
  announce: (visit: Visit) => void,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const beganMs = clock.monotonicMs();
  for (let day = Math.floor(startMs / dayMs); ; day += 1) {
    for (const visit of dayPlan(plan, day)) {
      if (visit.atMs < startMs) continue;
      const waitMs = beganMs + (visit.atMs - startMs) / speed - clock.monotonicMs();
      // What is due within a few milliseconds comes at once: a timer for each would be all that the process does.
      if (waitMs > togetherMs) await clock.sleep(waitMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      announce(visit);
    }
  }
}

const togetherMs = 5;

/** What every home has measured, `each` readings or a few less, in the days that end at `endMs`: oldest first. */
export function backlogVisits(plan: DayPlanOptions, each: number, endMs: number): readonly Visit[] {
  const days = Math.ceil(each / visitsPerDay);
  const lastDay = Math.floor(endMs / dayMs) - 1;
  return Array.from({ length: plan.gateways }, (_, gateway) => {
    const visits = Array.from({ length: days }, (__, back) => visitsOf(plan, gateway, lastDay - (days - 1 - back)));
    return visits.flat().slice(-each);
  }).flat();
}

/** Where simulated time starts: at five in the morning of a day, early enough that it never comes to lie after `nowMs`. */
export function feedStart(nowMs: number, simulatedMs: number): number {
  const latest = nowMs - simulatedMs - 5 * hourMs;
  return Math.floor(latest / dayMs) * dayMs + 5 * hourMs;
}

const hourMs = 3_600_000;
