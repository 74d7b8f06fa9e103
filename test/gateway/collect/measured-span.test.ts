import { expect, test } from "vitest";
import { measuredSpan } from "../../../gateway/collect/measured-span.ts";
import type { DeviceClock, TimeContext } from "../../../gateway/collect/reading-time.ts";
import { byClockOf, collectionAfter, collectionCutOff } from "../../../gateway/collect/session-history.ts";
import { siteZone } from "../../../gateway/collect/site-zone.ts";
import { calendarOf } from "../../../simulators/peripherals/device-clock.ts";

const zone = siteZone("Europe/Berlin");
const receivedAt = Date.UTC(2026, 5, 10, 10, 0);
const second = 1_000;
const offBy = (offsetMs: number, withinMs = 50): DeviceClock => ({
  method: "current-time",
  offsetMs,
  withinMs,
  wasSet: false,
});
const leftAt = (clockOffsetMs: number, spreadMs = 50): TimeContext["previous"] => ({
  at: receivedAt - 3_600_000,
  clockOffsetMs,
  offsetsMs: { least: clockOffsetMs - spreadMs, most: clockOffsetMs + spreadMs },
  shownUntil: null,
});

/** When a record was made that the device shows as so long before the receipt, by its own clock; relative to receipt. */
function spanOf(shownBeforeMs: number, changes: Partial<TimeContext>) {
  const localAt = receivedAt - shownBeforeMs + zone.utcOffsetMs(receivedAt);
  const stamp = { deviceTime: calendarOf(localAt), deviceTimeOffsetMin: null, withoutClock: false };
  const span = measuredSpan(stamp, { zone, receivedAt, clock: null, previous: null, toleranceMs: 120_000, ...changes });
  return span === null ? null : [span.from - receivedAt, span.through - receivedAt];
}

test("a clock that is steadily off by a minute tells to a second when a record was made", () => {
  const early = { clock: offBy(60 * second), previous: leftAt(60 * second) };
  expect(spanOf(90 * second, early)).toEqual([-31_050, -28_950]);
  const late = { clock: offBy(-60 * second), previous: leftAt(-60 * second) };
  expect(spanOf(-30 * second, late)).toEqual([-31_050, -28_950]);
  const years = { clock: offBy(1e11), previous: leftAt(1e11) };
  expect(spanOf(1e11 + 30 * second, years)).toEqual([-31_050, -28_950]);
});

test("how long the clock took to be read counts, in full", () => {
  const slow = { clock: offBy(0, 4 * second), previous: leftAt(0) };
  expect(spanOf(30 * second, slow)).toEqual([-35_000, -25_000]);
});

test("a clock that was set since may have shown the record's time before that, or after", () => {
  const set = { clock: offBy(0), previous: leftAt(40 * second) };
  expect(spanOf(30 * second, set)).toEqual([-31_050, 11_050]);
  const inThisConnection = { clock: { ...offBy(40 * second), wasSet: true }, previous: leftAt(40 * second) };
  expect(spanOf(30 * second, inThisConnection)).toEqual([-33_000, 11_050]);
});

test("a clock of which the past is not known, or that could not be read, tells nothing", () => {
  expect(spanOf(30 * second, { clock: offBy(0) })).toBeNull();
  expect(spanOf(30 * second, { previous: leftAt(0) })).toBeNull();
  expect(
    spanOf(30 * second, { clock: offBy(0), previous: { ...leftAt(0), at: 0, clockOffsetMs: null, shownUntil: 0 } }),
  ).toBeNull();
  const winter = 150 * 86_400_000;
  expect(spanOf(winter, { clock: offBy(0), previous: leftAt(0) })).toBeNull();
});

const judging = { zone, toleranceMs: 120_000 };
const seen = (offsetMs: number) => ({ least: offsetMs - 50, most: offsetMs + 50 });
const outcome = (offsetMs: number, link: "alive" | "hung-up") => {
  const times = { at: receivedAt, beganAt: receivedAt - 9 * second };
  return { ...times, clockOffsetMs: offsetMs, offsetsMs: seen(offsetMs), link };
};

test("until a device has shown all, every clock that it was seen with is kept in mind; then only the last", () => {
  const first = collectionAfter(null, outcome(0, "alive"), judging);
  expect(first).toMatchObject({ offsetsMs: seen(0), shownUntil: receivedAt - 9 * second });
  const cutOff = collectionCutOff(first, seen(50 * second));
  expect(cutOff).toEqual({ ...first, offsetsMs: { least: -50, most: 50_050 } });
  const hungUp = collectionAfter(cutOff, outcome(-20 * second, "hung-up"), judging);
  expect(hungUp).toMatchObject({ clockOffsetMs: -20_000, offsetsMs: { least: -20_050, most: 50_050 } });
  expect(collectionAfter(hungUp, outcome(0, "alive"), judging)).toMatchObject({ offsetsMs: seen(0) });
});

test("a gateway's clock that was put right moves what was kept of a device, but only of the same boot", () => {
  const kept = { ...collectionAfter(null, outcome(0, "alive"), judging), base: { bootId: "boot-1", epochAt: 1_000 } };
  const { base: _, ...plain } = kept;
  expect(byClockOf({ bootId: "boot-2", epochAt: 0 }, kept)).toEqual(plain);
  expect(byClockOf({ bootId: "boot-1", epochAt: 61_000 }, kept)).toEqual({
    at: receivedAt + 60_000,
    clockOffsetMs: 60_000,
    offsetsMs: seen(60_000),
    shownUntil: receivedAt + 51_000,
    steppedAt: null,
  });
});
