import { expect, test } from "vitest";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { simulatorErrors } from "../../../simulators/simulator-error.ts";

const startAt = Date.UTC(2026, 2, 1, 8);

test("sleepers wake in the order of their time, and each one's work rests before the next wakes", async () => {
  const clock = createVirtualClock(startAt);
  const trace: string[] = [];
  const sleeper = async (name: string, durationMs: number): Promise<void> => {
    await clock.sleep(durationMs);
    trace.push(`${name} wakes at ${clock.monotonicMs()}`);
    await Promise.resolve();
    trace.push(`${name} rests`);
  };
  const all = Promise.all([sleeper("late", 20), sleeper("early", 10), sleeper("second early", 10)]);
  await clock.advance(30);
  await all;
  expect(trace).toEqual([
    "early wakes at 10",
    "early rests",
    "second early wakes at 10",
    "second early rests",
    "late wakes at 20",
    "late rests",
  ]);
  expect(clock.now()).toBe(startAt + 30);
});

test("a sleep that begins on the way is woken on the way", async () => {
  const clock = createVirtualClock(startAt);
  const twice = clock.sleep(5).then(() => clock.sleep(5));
  await clock.advance(10);
  await twice;
  expect(clock.sleepers()).toBe(0);
});

test("an aborted sleep rejects with the signal's reason at once and is forgotten", async () => {
  const clock = createVirtualClock(startAt);
  const controller = new AbortController();
  const reason = new Error("enough");
  const sleeping = clock.sleep(1_000, controller.signal);
  controller.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
  await expect(clock.sleep(0, controller.signal)).rejects.toBe(reason);
  expect(clock.sleepers()).toBe(0);
});

test("a step of the wall clock moves neither monotonic time nor sleepers", async () => {
  const clock = createVirtualClock(startAt);
  const sleeping = clock.sleep(100);
  clock.jump(-10 * 365 * 86_400_000);
  await clock.advance(99);
  expect(clock.sleepers()).toBe(1);
  await clock.advance(1);
  await sleeping;
  expect(clock.monotonicMs()).toBe(100);
  expect(clock.now()).toBe(startAt + 100 - 10 * 365 * 86_400_000);
});

test("runUntil moves time only as far as the work needs, and passes on what it gives", async () => {
  const clock = createVirtualClock(startAt);
  const work = clock.sleep(3_000).then(() => "done");
  void clock.sleep(9_000);
  await expect(clock.runUntil(work)).resolves.toBe("done");
  expect(clock.monotonicMs()).toBe(3_000);
  await expect(clock.runUntil(Promise.reject(new RangeError("no")))).rejects.toThrow(RangeError);
});

test("runUntil says so when nothing in virtual time will wake the work", async () => {
  const clock = createVirtualClock(startAt);
  const never = new Promise<void>(() => undefined);
  const stuck = await clock.runUntil(never).catch((error: unknown) => error);
  expect(simulatorErrors.is(stuck, "virtual-time-stuck")).toBe(true);
  const late = await clock.runUntil(clock.sleep(5_000), 1_000).catch((error: unknown) => error);
  expect(simulatorErrors.is(late, "virtual-time-stuck")).toBe(true);
});
