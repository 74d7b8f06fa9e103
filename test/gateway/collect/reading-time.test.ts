import { expect, test } from "vitest";
import { deviceClock, readingTime, undatedTime, type TimeContext } from "../../../gateway/collect/reading-time.ts";
import { readAsUtc, siteZone } from "../../../gateway/collect/site-zone.ts";
import { deviceTime } from "./measurement-samples.ts";

const zone = siteZone("Europe/Berlin");
const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const receivedAt = Date.UTC(2026, 5, 10, 10, 0);

const context: TimeContext = { zone, receivedAt, clock: null, previous: null, toleranceMs: 120_000 };
const clockOff = (offsetMs: number): TimeContext["clock"] => ({
  method: "current-time",
  offsetMs,
  withinMs: 0,
  wasSet: false,
});

const timeOf = (text: string | null, changes: Partial<TimeContext> = {}, offsetMin: number | null = null) =>
  readingTime(
    { deviceTime: text === null ? null : deviceTime(text), deviceTimeOffsetMin: offsetMin, withoutClock: false },
    { ...context, ...changes },
  );

test("a clock that cannot be read is taken as it stands, with no word on how good it is", () => {
  expect(timeOf("2026-06-10T11:30:00")).toEqual({
    device: "2026-06-10T11:30:00",
    deviceOffsetMin: null,
    received: "2026-06-10T10:00:00.000Z",
    clockOffsetMs: null,
    clockMethod: "none",
    measured: "2026-06-10T11:30:00.000+02:00",
    uncertaintyMs: null,
    basis: "device",
  });
});

test("a clock that is off by two minutes or less is taken as it stands, by as much uncertain", () => {
  expect(timeOf("2026-06-10T11:30:00", { clock: clockOff(120_000) })).toMatchObject({
    measured: "2026-06-10T11:30:00.000+02:00",
    uncertaintyMs: 121_000,
    clockOffsetMs: 120_000,
    basis: "device",
  });
});

test("a clock that is off by more is corrected, and what it said is kept", () => {
  expect(timeOf("2026-06-10T11:30:00", { clock: clockOff(120_001) })).toMatchObject({
    device: "2026-06-10T11:30:00",
    measured: "2026-06-10T11:32:00.001+02:00",
    uncertaintyMs: 2_000,
    basis: "device-corrected",
  });
});

test("a clock that was never set runs on its own years, and is corrected by them", () => {
  const clock = clockOff(receivedAt - zone.instantOf(deviceTime("2000-01-01T05:00:00")).at);
  expect(timeOf("2000-01-01T04:00:00", { clock })).toMatchObject({
    measured: "2026-06-10T11:00:00.000+02:00",
    basis: "device-corrected",
    uncertaintyMs: 2_000,
  });
});

test("the minutes that a meter adds for its display count", () => {
  expect(timeOf("2026-06-09T23:30:00", {}, 90)).toMatchObject({
    device: "2026-06-09T23:30:00",
    deviceOffsetMin: 90,
    measured: "2026-06-10T01:00:00.000+02:00",
  });
  expect(timeOf("2026-03-01T00:10:00", {}, -20)).toMatchObject({ measured: "2026-02-28T23:50:00.000+01:00" });
});

test.each([
  ["a record of the device's own future", "2026-06-10T12:30:00", clockOff(0)],
  ["a record of the future of a clock that is behind", "2026-06-10T11:45:00", clockOff(30 * minuteMs)],
  ["a record of the future of a clock that cannot be read", "2026-06-10T12:30:00", null],
  ["a bogus record of a full memory", "2037-12-31T23:59:59", clockOff(0)],
  ["a date from before there were such devices", "2009-12-31T23:59:59", clockOff(0)],
  ["a date that the device does not know", "0000-00-00T18:26:32", clockOff(0)],
  ["a year without a month", "2026-00-10T10:00:00", clockOff(0)],
])("%s has no known time, and nothing is invented", (_, text, clock) => {
  expect(timeOf(text, { clock })).toMatchObject({
    device: text,
    measured: null,
    uncertaintyMs: null,
    basis: "unknown",
  });
});

test("a date that no calendar has comes without a device time, and has no known time", () => {
  expect(timeOf(null, { clock: clockOff(0) })).toMatchObject({ device: null, measured: null, basis: "unknown" });
});

test("a device without a clock has the time of receipt, and says so", () => {
  const stamp = { deviceTime: null, deviceTimeOffsetMin: null, withoutClock: true };
  expect(readingTime(stamp, context)).toMatchObject({
    measured: "2026-06-10T12:00:00.000+02:00",
    uncertaintyMs: null,
    basis: "received",
  });
  expect(readingTime(stamp, { ...context, receivedAt: null })).toMatchObject({ measured: null, basis: "unknown" });
});

test("an hour that comes twice, or never, leaves an hour open", () => {
  const autumn = { receivedAt: Date.UTC(2026, 9, 26), clock: clockOff(0) };
  expect(timeOf("2026-10-25T02:30:00", autumn)).toMatchObject({
    measured: "2026-10-25T02:30:00.000+02:00",
    uncertaintyMs: hourMs,
  });
  const spring = { receivedAt: Date.UTC(2026, 2, 30), clock: clockOff(0) };
  expect(timeOf("2026-03-29T02:30:00", spring)).toMatchObject({
    measured: "2026-03-29T03:30:00.000+02:00",
    uncertaintyMs: hourMs,
  });
});

test("a device that stayed on winter time is right in winter and in summer, with an hour open over the change", () => {
  const at = Date.UTC(2026, 3, 1, 10, 0);
  const clock = deviceClock(observed("2026-04-01T11:00:00"), at, zone);
  expect(clock?.offsetMs).toBe(hourMs);
  expect(timeOf("2026-04-01T09:00:00", { receivedAt: at, clock })).toMatchObject({
    measured: "2026-04-01T10:00:00.000+02:00",
    uncertaintyMs: 2_000,
  });
  expect(timeOf("2026-03-01T09:00:00", { receivedAt: at, clock })).toMatchObject({
    measured: "2026-03-01T09:00:00.000+01:00",
    uncertaintyMs: hourMs,
  });
});

test("the device's clock is compared by the pass of a doubled hour that is nearer", () => {
  const second = Date.UTC(2026, 9, 25, 1, 30);
  expect(deviceClock(observed("2026-10-25T02:30:00"), second, zone)?.offsetMs).toBe(0);
  expect(deviceClock(observed("2026-10-25T02:30:00"), second - hourMs, zone)?.offsetMs).toBe(0);
  expect(deviceClock(observed("0000-00-00T02:30:00"), second, zone)).toBeNull();
});

test("after the device's clock was set, a record that may be from before has no known time", () => {
  const previous = collected(receivedAt - 2 * dayMs, 0);
  const clock = clockOff(dayMs);
  // By the new clock it was measured three hours ago; by the old one, a day and three hours ago: both are possible.
  expect(timeOf("2026-06-09T09:00:00", { previous, clock })).toMatchObject({ measured: null, basis: "unknown" });
});

test("a record that the old clock cannot have made is dated by the new one", () => {
  const previous = collected(receivedAt - 2 * dayMs, 0);
  const clock = clockOff(10 * dayMs);
  // By the old clock it would lie before the last collection, which had shown all.
  expect(timeOf("2026-05-31T09:00:00", { previous, clock })).toMatchObject({
    measured: "2026-06-10T09:00:00.000+02:00",
    basis: "device-corrected",
  });
  // By the new clock it would lie in the future.
  expect(timeOf("2026-06-09T09:00:00", { previous, clock })).toMatchObject({ measured: null, basis: "unknown" });
});

test("a clock that merely runs on, right or wrong, was not set", () => {
  const previous = collected(receivedAt - 2 * dayMs, hourMs);
  expect(timeOf("2026-06-10T10:00:00", { previous, clock: clockOff(hourMs + 60_000) })).toMatchObject({
    measured: "2026-06-10T11:01:00.000+02:00",
    basis: "device-corrected",
  });
});

test("a device that follows the change to summer time was not set, but an hour is open", () => {
  const at = Date.UTC(2026, 2, 30, 10, 0);
  const previous = collected(at - 2 * dayMs, 0);
  expect(timeOf("2026-03-29T12:00:00", { receivedAt: at, previous, clock: clockOff(0) })).toMatchObject({
    measured: "2026-03-29T12:00:00.000+02:00",
    uncertaintyMs: hourMs,
    basis: "device",
  });
});

test("a device that does not follow it was not set either", () => {
  const at = Date.UTC(2026, 2, 30, 10, 0);
  const previous = collected(at - 2 * dayMs, 0);
  expect(timeOf("2026-03-30T10:00:00", { receivedAt: at, previous, clock: clockOff(hourMs) })).toMatchObject({
    measured: "2026-03-30T11:00:00.000+02:00",
    uncertaintyMs: 2_000,
    basis: "device-corrected",
  });
});

test("while the gateway's clock is not trusted, nothing but the device's own words is kept", () => {
  const stamp = { deviceTime: deviceTime("2026-06-10T11:30:00"), deviceTimeOffsetMin: 5, withoutClock: false };
  expect(undatedTime(stamp, clockOff(-1_000))).toEqual({
    device: "2026-06-10T11:30:00",
    deviceOffsetMin: 5,
    received: null,
    clockOffsetMs: -1_000,
    clockMethod: "current-time",
    measured: null,
    uncertaintyMs: null,
    basis: "unknown",
  });
});

test("whatever a device says, no reading is dated after its receipt or before there were such devices", () => {
  for (let hours = -400_000; hours < 400_000; hours += 997) {
    for (const offsetMs of [0, hourMs, -hourMs, 3650 * dayMs, -3650 * dayMs]) {
      const shownAt = new Date(receivedAt + hours * hourMs);
      const text = shownAt.toISOString().slice(0, 19);
      if (!/^[12]\d{3}-/.test(text)) continue;
      const { measured } = timeOf(text, { clock: clockOff(offsetMs) });
      if (measured === null) continue;
      expect(Date.parse(measured)).toBeLessThanOrEqual(receivedAt + 120_000);
      expect(Date.parse(measured)).toBeGreaterThan(readAsUtc(deviceTime("2010-06-29T00:00:00")));
    }
  }
});

function collected(at: number, clockOffsetMs: number): TimeContext["previous"] {
  return { at, clockOffsetMs, shownUntil: at };
}

function observed(text: string): Parameters<typeof deviceClock>[0] {
  return { method: "current-time", deviceTime: deviceTime(text), at: 0, atMonotonicMs: 0, withinMs: 0, setTo: null };
}

test("a time offset that ran over or under leaves the time unknown, whatever the device's clock says now", () => {
  for (const offsetMin of [0x7fff, -0x8000]) {
    for (const clock of [null, clockOff(0), clockOff(600_000)]) {
      const time = timeOf("2026-06-01T11:30:00", { clock }, offsetMin);
      expect(time).toMatchObject({ measured: null, basis: "unknown", deviceOffsetMin: offsetMin });
    }
  }
});
