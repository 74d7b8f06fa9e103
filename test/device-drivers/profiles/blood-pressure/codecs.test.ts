import { expect, test } from "vitest";
import { toHex } from "../../../../device-drivers/kit/hex.ts";
import { encodeSfloat } from "../../../../device-drivers/kit/medical-float.ts";
import type { MedicalNumber } from "../../../../device-drivers/measurement/decimal.ts";
import {
  bloodPressureStatusNames,
  decodeBloodPressureMeasurement,
  encodeBloodPressureMeasurement,
  pulseRangeName,
} from "../../../../device-drivers/profiles/blood-pressure/measurement-codec.ts";
import { pressureFault } from "../../../../device-drivers/profiles/blood-pressure/pressure-fault.ts";
import {
  decodeRecordSegment,
  encodeRecordSegment,
  joinRecordSegments,
  recordSegmentsMax,
  splitRecord,
} from "../../../../device-drivers/profiles/blood-pressure/record-codec.ts";
import { littleEndian } from "../../codecs.ts";
import { octets } from "../../vectors.ts";

const tooHigh = [
  { mantissa: 1000, exponent: 0 },
  { mantissa: 100, exponent: 1 },
  { mantissa: 1, exponent: 3 },
  { mantissa: 1824, exponent: 2 },
];

test("a number that no cuff can show as a pressure is a fault in any place", () => {
  const impossible = [...tooHigh, { mantissa: -1, exponent: 0 }, { mantissa: -12, exponent: -1 }];
  for (const pressure of impossible) {
    for (const place of [1, 3, 5]) {
      const frame = Uint8Array.of(0, 120, 0, 80, 0, 93, 0);
      frame.set(littleEndian(encodeSfloat(pressure), 2), place);
      expect(decodeBloodPressureMeasurement(frame)).toMatchObject({
        ok: false,
        error: { kind: "value", offset: place },
      });
    }
  }
});

test("pressures up to three digits, the special values and the filler FFFF are passed on", () => {
  const passed: readonly MedicalNumber[] = [
    { mantissa: 999, exponent: 0 },
    { mantissa: 0, exponent: 7 },
    { mantissa: 2045, exponent: -8 },
    { mantissa: -1, exponent: -1 },
    "nan",
    "positive-infinity",
    "reserved",
  ];
  expect(passed.map((pressure) => pressureFault("Systolic", pressure, 1))).toEqual(passed.map(() => null));
});

test("a frame with an impossible date keeps its pressures and says that the time is invalid", () => {
  const decoded = decodeBloodPressureMeasurement(octets("02 7800 5000 5D00 E8070D0F111133"));
  expect(decoded).toMatchObject({ ok: true, value: { timestamp: "invalid", systolic: { mantissa: 120 } } });
});

test("the BM85 has a user without a flag, and turns pulse and status round", () => {
  const frame = octets("16 6A00 4700 0000 EA07080B121F00 003F 01 0040");
  const decoded = decodeBloodPressureMeasurement(frame, "beurer-bm85");
  if (!decoded.ok) throw new Error(decoded.error.reason);
  expect(decoded.value).toMatchObject({ pulseRate: { mantissa: 63, exponent: 0 }, userId: 1, status: 0x40 });
  expect(toHex(encodeBloodPressureMeasurement(decoded.value, "beurer-bm85"))).toBe(toHex(frame));
  expect(decodeBloodPressureMeasurement(frame.subarray(0, 18), "beurer-bm85")).toMatchObject({ ok: false });
});

test("each bit of the status has one meaning, and reserved bits none", () => {
  expect(bloodPressureStatusNames(0xffff)).toEqual([
    "body_movement",
    "cuff_too_loose",
    "irregular_pulse",
    "improper_position",
  ]);
  expect([0x00, 0x08, 0x10, 0x18, 0xffe7].map(pulseRangeName)).toEqual([
    "in_range",
    "above_upper_limit",
    "below_lower_limit",
    "reserved",
    "in_range",
  ]);
});

const stored = { sequenceNumber: 7, uuid: 0x2b34, data: octets("7E78005000640080510100480005030000A30200") };

test("a record cut for any size of notification, from any counter, is joined to the same record", () => {
  for (let dataOctetsMax = 1; dataOctetsMax <= 21; dataOctetsMax += 1) {
    for (const firstCounter of [0, 1, 60, 63]) {
      const sent = splitRecord(stored, dataOctetsMax, firstCounter).map(encodeRecordSegment);
      const received = sent.map((bytes) => decodeRecordSegment(bytes)).flatMap((each) => (each.ok ? [each.value] : []));
      expect(joinRecordSegments(received)).toEqual({ ok: true, value: stored });
    }
  }
});

test("a record without data is one segment", () => {
  const empty = { ...stored, data: new Uint8Array() };
  expect(joinRecordSegments(splitRecord(empty, 15))).toEqual({ ok: true, value: empty });
});

test("a record with a lost, doubled, swapped, foreign or endless segment is no record", () => {
  const [first, second, third] = splitRecord(stored, 7);
  if (first === undefined || second === undefined || third === undefined) throw new Error("Three segments are meant.");
  const wrong = [
    [],
    [first],
    [second, third],
    [first, third],
    [first, second, second, third],
    [second, first, third],
    [first, { ...second, sequenceNumber: 8 }, third],
    [first, { ...second, uuid: 0x2b35 }, third],
    splitRecord({ ...stored, data: new Uint8Array(recordSegmentsMax + 1) }, 1),
  ];
  for (const segments of wrong) {
    expect(joinRecordSegments(segments)).toMatchObject({ ok: false, error: { kind: "value" } });
  }
});
