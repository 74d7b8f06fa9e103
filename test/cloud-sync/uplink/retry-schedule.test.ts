import { expect, test } from "vitest";
import { RetrySchedule } from "../../../cloud-sync/uplink/retry-schedule.ts";
import { seededRandom } from "../../../simulators/random.ts";

const policy = { firstDelayMaxMs: 1_000, delayMaxMs: 30_000 };

test("the bound of the delay doubles with each failure, up to the cap, and starts again after a success", () => {
  const schedule = new RetrySchedule(policy, () => 1);
  const delays = Array.from({ length: 7 }, () => schedule.nextDelayMs());
  expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  for (let count = 0; count < 5_000; count += 1) schedule.nextDelayMs();
  expect(schedule.nextDelayMs()).toBe(30_000);
  schedule.reset();
  expect(schedule.nextDelayMs()).toBe(1_000);
});

test("delays are spread evenly from zero to the bound, so that a fleet does not come back in step", () => {
  const fleet = Array.from({ length: 10_000 }, (_, seed) => {
    const schedule = new RetrySchedule(policy, seededRandom(seed));
    for (let failures = 0; failures < 8; failures += 1) schedule.nextDelayMs();
    return schedule.nextDelayMs();
  });
  const perSecond = Array.from({ length: 30 }, (_, second) =>
    fleet.filter((delay) => Math.floor(delay / 1_000) === second),
  );
  for (const { length } of perSecond) {
    expect(length).toBeGreaterThan(250);
    expect(length).toBeLessThan(420);
  }
});

test("a fleet that lost its broker for ten minutes comes back within its cap, and without a peak", () => {
  const arrivals = Array.from({ length: 5_000 }, (_, seed) => {
    const schedule = new RetrySchedule({ firstDelayMaxMs: 30_000, delayMaxMs: 300_000 }, seededRandom(seed));
    let at = 0;
    while (at < 600_000) at += schedule.nextDelayMs();
    return at;
  });
  expect(Math.max(...arrivals)).toBeLessThan(900_000);
  const perSecond = new Map<number, number>();
  for (const at of arrivals) perSecond.set(Math.floor(at / 1_000), (perSecond.get(Math.floor(at / 1_000)) ?? 0) + 1);
  expect(Math.max(...perSecond.values())).toBeLessThan(5_000 / 50);
});
