import * as fc from "fast-check";
import { expect, test } from "vitest";
import { addMinutes, encodeDateTime } from "../../../device-drivers/kit/date-time.ts";
import { appendE2eCrc, stripE2eCrc } from "../../../device-drivers/kit/e2e-crc.ts";
import { fromHex, toHex } from "../../../device-drivers/kit/hex.ts";
import type { DeviceDateTime } from "../../../device-drivers/measurement/device-time.ts";
import type { SessionStep } from "../../../device-drivers/ports/session-fixture.ts";
import {
  decodeEnhancedBloodPressure,
  encodeEnhancedBloodPressure,
} from "../../../device-drivers/profiles/blood-pressure/enhanced-codec.ts";
import {
  decodeBloodPressureMeasurement,
  encodeBloodPressureMeasurement,
} from "../../../device-drivers/profiles/blood-pressure/measurement-codec.ts";
import {
  decodeRecordSegment,
  encodeRecordSegment,
  joinRecordSegments,
  splitRecord,
} from "../../../device-drivers/profiles/blood-pressure/record-codec.ts";
import { decodeCurrentTime, encodeCurrentTime } from "../../../device-drivers/profiles/current-time/codec.ts";
import {
  decodeGlucoseMeasurement,
  encodeGlucoseMeasurement,
} from "../../../device-drivers/profiles/glucose/measurement-codec.ts";
import { shiftDates } from "../../../gateway/capture/shift-dates.ts";
import { orNull, pressure, uint16, uint8 } from "../../device-drivers/arbitraries.ts";

const days = fc.integer({ min: -3_000, max: 3_000 });

/** Dates that stay within the years of their field, however they are moved. */
const calendarDate: fc.Arbitrary<DeviceDateTime> = fc
  .date({ min: new Date("1980-01-01T00:00:00Z"), max: new Date("2080-12-31T23:59:59Z"), noInvalidDate: true })
  .map((date) => ({
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hours: date.getUTCHours(),
    minutes: date.getUTCMinutes(),
    seconds: date.getUTCSeconds(),
  }));

function shifted(steps: readonly SessionStep[], by: number): readonly Uint8Array[] {
  return shiftDates(steps, by).map(({ hex }) => fromHex(hex ?? "") ?? new Uint8Array());
}

/** @param place as "notify 2A18" */
function one(place: `${SessionStep["op"]} ${string}`, value: Uint8Array, by: number): Uint8Array {
  const [op = "", char = ""] = place.split(" ");
  return shifted([{ op: opOf(op), char, hex: toHex(value) }], by)[0] ?? new Uint8Array();
}

function opOf(op: string): SessionStep["op"] {
  return op === "read" || op === "write" || op === "indicate" ? op : "notify";
}

const moved = (time: DeviceDateTime, by: number): DeviceDateTime | null => addMinutes(time, by * 1_440);

/** The octets that are not of `length` octets at `at`. */
const others = (octets: Uint8Array, at: number, length: number): readonly number[] =>
  Array.from(octets).filter((_, index) => index < at || index >= at + length);

test("the date of a glucose record moves, and no other bit", () => {
  const frame = fc.record({
    sequenceNumber: uint16,
    baseTime: calendarDate,
    timeOffsetMin: orNull(fc.integer({ min: -700, max: 700 })),
    status: orNull(uint16),
    contextFollows: fc.boolean(),
  });
  const property = fc.property(frame, fc.uint8Array({ maxLength: 3 }), days, (fields, rest, by) => {
    const bytes = encodeGlucoseMeasurement({ ...fields, concentration: null, type: null, sampleLocation: null });
    const before = Uint8Array.of(...bytes, ...rest);
    const after = one("notify 2A18", before, by);
    const decoded = decodeGlucoseMeasurement(after);
    expect(decoded.ok && decoded.value.baseTime).toEqual(moved(fields.baseTime, by));
    expect(others(after, 3, 7)).toEqual(others(before, 3, 7));
  });
  fc.assert(property, { numRuns: 300, seed: 5 });
});

test("the date of a blood pressure moves, and no other bit", () => {
  const fields = fc.record({ timestamp: calendarDate, pulseRate: orNull(pressure), userId: orNull(uint8) });
  const property = fc.property(fields, days, ({ timestamp, pulseRate, userId }, by) => {
    const tens = { mantissa: 120, exponent: 0 };
    const before = encodeBloodPressureMeasurement({
      unit: "mmHg",
      systolic: tens,
      diastolic: tens,
      meanArterialPressure: "nan",
      timestamp,
      pulseRate,
      userId,
      status: null,
    });
    const after = one("indicate 2A35", before, by);
    const decoded = decodeBloodPressureMeasurement(after);
    expect(decoded.ok && decoded.value.timestamp).toEqual(moved(timestamp, by));
    expect(others(after, 7, 7)).toEqual(others(before, 7, 7));
  });
  fc.assert(property, { numRuns: 300, seed: 6 });
});

test("a clock's date moves, and its day of the week with it", () => {
  const property = fc.property(calendarDate, uint8, days, (time, fractions256, by) => {
    const dayOf = ({ year, month, day }: DeviceDateTime): number =>
      new Date(Date.UTC(year, month - 1, day)).getUTCDay() || 7;
    const before = encodeCurrentTime({ time, dayOfWeek: dayOf(time), fractions256, adjustReason: 1 });
    for (const op of ["read", "write"] as const) {
      const decoded = decodeCurrentTime(one(`${op} 2A2B`, before, by));
      const expected = moved(time, by) ?? time;
      expect(decoded).toEqual({
        ok: true,
        value: { time: expected, dayOfWeek: dayOf(expected), fractions256, adjustReason: 1 },
      });
    }
    expect(one("read 2A08", encodeDateTime(time), by)).toEqual(encodeDateTime(moved(time, by) ?? time));
  });
  fc.assert(property, { numRuns: 200, seed: 7 });
});

/** Blood Pressure Feature with "E2E-CRC Supported". */
const crcFeature: SessionStep = { op: "read", char: "2A49", hex: "4000" };

test("a count of seconds moves, in a record that is cut into segments as well, and its CRC is made anew", () => {
  const middle = fc.integer({ min: 1_000_000_000, max: 3_000_000_000 });
  const times = fc.record({ timestampS: middle, userFacingTimeS: orNull(middle) });
  const segmentOctets = fc.integer({ min: 3, max: 20 });
  const property = fc.property(times, days, segmentOctets, ({ timestampS, userFacingTimeS }, by, cut) => {
    const number = { mantissa: 80, exponent: 0 };
    const plain = encodeEnhancedBloodPressure({
      unit: "mmHg",
      systolic: number,
      diastolic: number,
      meanArterialPressure: number,
      timestampS,
      pulseRate: number,
      userId: 1,
      status: 0,
      userFacingTimeS,
      epoch: 2000,
    });
    const covered = appendE2eCrc(plain);
    const segments = splitRecord({ sequenceNumber: 7, uuid: 0x2b34, data: covered }, cut);
    const steps = segments.map((segment): SessionStep => ({
      op: "notify",
      char: "2B36",
      hex: toHex(encodeRecordSegment(segment)),
    }));
    const [, direct = new Uint8Array(), ...parts] = shifted(
      [crcFeature, { op: "indicate", char: "2B34", hex: toHex(covered) }, ...steps],
      by,
    );
    expect(parts.map(({ length }) => length)).toEqual(steps.map(({ hex = "" }) => hex.length / 2));
    const joined = joinRecordSegments(
      parts.flatMap((part) => {
        const decoded = decodeRecordSegment(part);
        return decoded.ok ? [decoded.value] : [];
      }),
    );
    for (const whole of [direct, joined.ok ? joined.value.data : new Uint8Array()]) {
      const inner = stripE2eCrc(whole);
      const decoded = inner.ok ? decodeEnhancedBloodPressure(inner.value) : inner;
      expect(decoded).toMatchObject({
        ok: true,
        value: {
          timestampS: timestampS + by * 86_400,
          userFacingTimeS: userFacingTimeS === null ? null : userFacingTimeS + by * 86_400,
          systolic: number,
          userId: 1,
        },
      });
    }
  });
  fc.assert(property, { numRuns: 200, seed: 8 });
});

test("a Record Access request by time moves its dates, and one by number stays", () => {
  const time = { year: 2024, month: 6, day: 7, hours: 8, minutes: 9, seconds: 10 };
  const range = Uint8Array.of(1, 4, 2, ...encodeDateTime(time), ...encodeDateTime(time));
  const expected = encodeDateTime(moved(time, 30) ?? time);
  expect(one("write 2A52", range, 30)).toEqual(Uint8Array.of(1, 4, 2, ...expected, ...expected));
  expect(one("write 2A52", Uint8Array.of(1, 3, 1, 5, 0), 30)).toEqual(Uint8Array.of(1, 3, 1, 5, 0));
  expect(one("indicate 2A52", Uint8Array.of(6, 0, 1, 1), 30)).toEqual(Uint8Array.of(6, 0, 1, 1));
});

test("what is no date is not touched: unknown, impossible, cut short, or of no known characteristic", () => {
  const property = fc.property(fc.uint8Array({ maxLength: 20 }), (value) => {
    expect(one("notify FFF1", value, 100)).toEqual(value);
    const short = value.subarray(0, 6);
    expect(one("notify 2A18", short, 100)).toEqual(short);
  });
  fc.assert(property, { numRuns: 200, seed: 9 });
  const unknown = fromHex("00000000000000") ?? new Uint8Array();
  expect(one("read 2A08", unknown, 100)).toEqual(unknown);
  const impossible = fromHex("E8070D07080910") ?? new Uint8Array();
  expect(one("read 2A08", impossible, 100)).toEqual(impossible);
});

test("dates that would leave their field are refused, not wrapped", () => {
  const time = encodeDateTime({ year: 2024, month: 1, day: 1, hours: 0, minutes: 0, seconds: 0 });
  expect(() => one("read 2A08", time, 9_000_000)).toThrow(expect.objectContaining({ code: "capture-shift-too-far" }));
});
