import { expect, test } from "vitest";
import { Histogram } from "../../../simulators/fleet/histogram.ts";
import { usageOf, watchProcesses } from "../../../simulators/fleet/process-watch.ts";
import { RateMeter } from "../../../simulators/fleet/rate-meter.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";

test("percentiles are exact to four percent, and the largest is exact", () => {
  const histogram = new Histogram();
  for (let value = 1; value <= 10_000; value += 1) histogram.add(value / 10);
  const { count, p50, p95, p99, max } = histogram.summary();
  expect({ count, max }).toEqual({ count: 10_000, max: 1_000 });
  expect(p50 / 500).toBeCloseTo(1.02, 1);
  expect(p95 / 950).toBeCloseTo(1.02, 1);
  expect(p99 / 990).toBeCloseTo(1.02, 1);
});

test("durations below and beyond the buckets are counted in the outermost", () => {
  const histogram = new Histogram();
  expect(histogram.summary()).toEqual({ count: 0, p50: 0, p95: 0, p99: 0, max: 0 });
  for (const value of [0, 1e12]) histogram.add(value);
  const { p50, p99, max } = histogram.summary();
  expect(p50).toBeLessThan(0.02);
  expect(p99).toBeGreaterThan(3_600_000);
  expect(max).toBe(1e12);
});

test("a rate's peak is that of its busiest second, and a reset begins anew", () => {
  const meter = new RateMeter();
  for (const nowMs of [100, 900, 1_000, 1_200, 1_999, 5_000]) meter.add(nowMs);
  expect(meter.peakPerSecond).toBe(3);
  expect(meter.reset()).toBe(3);
  meter.add(6_000);
  expect(meter.peakPerSecond).toBe(1);
});

test("a process is watched through /proc: its memory, and the processor time that it took", async () => {
  const clock = createVirtualClock(0);
  const watch = watchProcesses([{ name: "self", pid: process.pid }], clock);
  const before = usageOf(process.pid)?.cpuS ?? Number.NaN;
  while ((usageOf(process.pid)?.cpuS ?? 0) < before + 0.07) Math.sqrt(before);
  await clock.advance(1_000);
  watch.sample();
  const [result] = watch.results();
  expect(result).toMatchObject({ name: "self", pid: process.pid, samples: [{ atS: 1 }] });
  expect(result?.cpuS).toBeGreaterThanOrEqual(0.05);
  expect(result?.rssMiB.max).toBeGreaterThan(20);
  expect(result?.samples[0]?.cores).toBeCloseTo(result?.cpuS ?? 0);
});

test("a process that is not there cannot be watched, and is said so", () => {
  // Beyond what Linux gives out: pid_max is 4,194,304 at most.
  expect(usageOf(4_194_305)).toBeNull();
  expect(() => watchProcesses([{ name: "broker", pid: 4_194_305 }], createVirtualClock(0))).toThrow(
    expect.objectContaining({ code: "watched-process-absent" }),
  );
});
