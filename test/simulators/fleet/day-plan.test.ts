import { expect, test } from "vitest";
import { dayMs, dayPlan, visitsOf, visitsPerDay } from "../../../simulators/fleet/day-plan.ts";
import { backlogVisits, feedStart } from "../../../simulators/fleet/feed.ts";

const day = 20_500;
const hourOf = (atMs: number): number => (atMs % dayMs) / 3_600_000;

test("a day has eight visits of each home, in the order of time, and is the same each time", () => {
  const plan = { seed: 3, rhythm: "daily", gateways: 200 } as const;
  const visits = dayPlan(plan, day);
  expect(visits).toHaveLength(200 * visitsPerDay);
  expect(visits.every(({ atMs }, index) => atMs >= (visits[index - 1]?.atMs ?? 0))).toBe(true);
  expect(visits.every(({ atMs }) => Math.floor(atMs / dayMs) === day)).toBe(true);
  expect(dayPlan(plan, day)).toEqual(visits);
  expect(dayPlan(plan, day + 1)).not.toEqual(visits);
});

test("the daily rhythm has its peak of three readings in eight within two hours of the morning; the steady has none", () => {
  const shareOfMorning = (rhythm: "daily" | "steady"): number => {
    const visits = dayPlan({ seed: 3, rhythm, gateways: 500 }, day);
    return visits.filter(({ atMs }) => hourOf(atMs) >= 6.1 && hourOf(atMs) < 8.1).length / visits.length;
  };
  expect(shareOfMorning("daily")).toBeGreaterThan(0.33);
  expect(shareOfMorning("daily")).toBeLessThan(0.376);
  expect(shareOfMorning("steady")).toBeGreaterThan(0.07);
  expect(shareOfMorning("steady")).toBeLessThan(0.1);
});

test("one home's visits are the same, alone or among others", () => {
  const plan = { seed: 3, rhythm: "steady", gateways: 30 } as const;
  expect(dayPlan(plan, day).filter(({ gateway }) => gateway === 17)).toEqual(visitsOf(plan, 17, day));
});

test("a backlog is what each home measured last, before the end", () => {
  const plan = { seed: 3, rhythm: "daily", gateways: 10 } as const;
  const endMs = Date.UTC(2026, 2, 2, 12);
  const visits = backlogVisits(plan, 20, endMs);
  expect(visits).toHaveLength(200);
  expect(visits.every(({ atMs }) => atMs < endMs && atMs > endMs - 5 * dayMs)).toBe(true);
  expect(backlogVisits(plan, 0, endMs)).toEqual([]);
});

test("simulated time starts at five in the morning, and never reaches the present", () => {
  for (const simulatedMs of [1_000, 43_200_000, 40 * dayMs]) {
    const nowMs = Date.UTC(2026, 2, 2, 3, 17);
    const startMs = feedStart(nowMs, simulatedMs);
    expect(hourOf(startMs)).toBe(5);
    expect(startMs + simulatedMs).toBeLessThanOrEqual(nowMs);
    expect(startMs + simulatedMs).toBeGreaterThan(nowMs - 2 * dayMs);
  }
});
