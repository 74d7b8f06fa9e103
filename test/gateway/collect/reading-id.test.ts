import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { GlucoseReadout } from "../../../device-drivers/measurement/measurement.ts";
import { isWithoutClock, readingId, type ReceiptMoment } from "../../../gateway/collect/reading-id.ts";
import { deviceTime, glucoseSample, pressureSample } from "./measurement-samples.ts";

const receipt: ReceiptMoment = { at: Date.UTC(2026, 2, 1, 10, 1), bootId: "boot-1", monotonicMs: 5_000 };

const time = fc.record({
  year: fc.integer({ min: 2011, max: 2099 }),
  month: fc.integer({ min: 1, max: 12 }),
  day: fc.integer({ min: 1, max: 28 }),
  hours: fc.integer({ min: 0, max: 23 }),
  minutes: fc.integer({ min: 0, max: 59 }),
  seconds: fc.integer({ min: 0, max: 59 }),
});
const moment: fc.Arbitrary<ReceiptMoment> = fc.record({
  at: fc.option(fc.integer({ min: 1_262_304_000_000, max: 4_102_444_800_000 })),
  bootId: fc.uuid(),
  monotonicMs: fc.integer({ min: 0, max: 1e12 }),
});
/** Measurements that their own words tell apart: with a record number, or with a full date. */
const measurement: fc.Arbitrary<GlucoseReadout> = fc
  .record({
    deviceTime: fc.option(time),
    sequenceNumber: fc.option(fc.integer({ min: 0, max: 65_535 })),
    userSlot: fc.option(fc.integer({ min: 0, max: 254 })),
    valueBytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  })
  .map((said) => Object.assign({}, glucoseSample, said))
  .filter((said) => !isWithoutClock(said));

test("an id is a UUID of version 5, and stays what it is in every release", () => {
  expect(readingId("system-id:0022334455667788", glucoseSample, receipt)).toBe("5e27aa55-e346-53b1-b1e8-34635603860a");
});

test("a re-read, a second gateway and a restart give the same id, whatever they add of their own", () => {
  fc.assert(
    fc.property(measurement, moment, moment, (said, one, other) => {
      const late = {
        ...said,
        context: { meal: "fasting" },
        contextMissing: false,
        status: ["device-battery-low"],
        deviceTimeOffsetMin: 60,
        frames: [...said.frames, { characteristic: "2A34", bytes: Uint8Array.of(2, 7, 0, 3) }],
      };
      expect(readingId("device", late, other)).toBe(readingId("device", said, one));
    }),
  );
});

test("another device, slot, kind, time, record number or value gives another id", () => {
  fc.assert(
    fc.property(measurement, measurement, (one, other) => {
      const words = ({ deviceTime: at, sequenceNumber, userSlot, valueBytes }: GlucoseReadout): string =>
        JSON.stringify([at, sequenceNumber, userSlot, [...valueBytes]]);
      fc.pre(words(one) !== words(other));
      expect(readingId("device", one, receipt)).not.toBe(readingId("device", other, receipt));
      expect(readingId("device", one, receipt)).not.toBe(readingId("device-2", one, receipt));
      expect(readingId("device", one, receipt)).not.toBe(readingId("device", { ...one, kind: "ketone" }, receipt));
    }),
  );
});

test("a true repeat, the same value at another time, is another reading", () => {
  const later = { ...pressureSample, deviceTime: deviceTime("2026-03-01T10:02:00") };
  expect(readingId("cuff", later, receipt)).not.toBe(readingId("cuff", pressureSample, receipt));
});

test("a record counter that was reset does not collide with what it counted before", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(time, { minLength: 2, maxLength: 40, selector: (at) => JSON.stringify(at) }),
      (times) => {
        const numbered = times.map((at, position) => ({
          ...glucoseSample,
          deviceTime: at,
          sequenceNumber: position % Math.ceil(times.length / 2),
        }));
        expect(new Set(numbered.map((said) => readingId("meter", said, receipt))).size).toBe(times.length);
      },
    ),
  );
});

test("a cuff without a clock is told apart by the moment of receipt, and only such a cuff", () => {
  const clockless = { ...pressureSample, deviceTime: null };
  const unset = { ...pressureSample, deviceTime: deviceTime("0000-00-00T00:00:00") };
  const later = { ...receipt, at: Date.UTC(2026, 2, 2, 10, 1) };
  for (const said of [clockless, unset]) {
    expect(isWithoutClock(said)).toBe(true);
    expect(readingId("cuff", said, later)).not.toBe(readingId("cuff", said, receipt));
    expect(readingId("cuff", said, receipt)).toBe(readingId("cuff", said, { ...receipt, bootId: "boot-2" }));
  }
  expect(isWithoutClock({ ...glucoseSample, deviceTime: null })).toBe(false);
  expect(isWithoutClock(pressureSample)).toBe(false);
});

test("without a trusted clock, the boot and its monotonic clock stand in for the moment of receipt", () => {
  const clockless = { ...pressureSample, deviceTime: null };
  const undated = { ...receipt, at: null };
  const id = readingId("cuff", clockless, undated);
  expect(readingId("cuff", clockless, { ...undated, monotonicMs: 5_001 })).not.toBe(id);
  expect(readingId("cuff", clockless, { ...undated, bootId: "boot-2" })).not.toBe(id);
});
