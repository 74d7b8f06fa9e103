import { expect, test } from "vitest";
import type { Observed } from "../../../../device-drivers/kit/driver.ts";
import { decimalText, type MedicalNumber } from "../../../../device-drivers/measurement/decimal.ts";
import { recordOfMeasurement } from "../../../../device-drivers/profiles/blood-pressure/cuff-record.ts";
import {
  encodeBloodPressureMeasurement,
  type BloodPressureFrame,
} from "../../../../device-drivers/profiles/blood-pressure/measurement-codec.ts";
import { readoutOf } from "../../../../device-drivers/profiles/blood-pressure/readout.ts";
import { octets } from "../../vectors.ts";

const integer = (mantissa: number): MedicalNumber => ({ mantissa, exponent: 0 });

const plain: BloodPressureFrame = {
  unit: "mmHg",
  systolic: integer(124),
  diastolic: integer(86),
  meanArterialPressure: integer(97),
  timestamp: { year: 2026, month: 5, day: 12, hours: 17, minutes: 17, seconds: 27 },
  pulseRate: integer(51),
  userId: 1,
  status: 0,
};

test("kilopascals become millimetres of mercury exactly, by 1 kPa = 7.500617 mmHg", () => {
  const kilopascal = (tenths: number): MedicalNumber => ({ mantissa: tenths, exponent: -1 });
  const observed = readout({
    unit: "kPa",
    systolic: kilopascal(189),
    diastolic: kilopascal(110),
    meanArterialPressure: kilopascal(159),
  });
  expect(pressures(observed)).toEqual(["141.7616613", "82.5067870", "119.2598103"]);
});

test("pressures in mmHg keep the digits of the cuff", () => {
  const tenths = (mantissa: number): MedicalNumber => ({ mantissa, exponent: -1 });
  expect(pressures(readout({ systolic: tenths(1270), diastolic: tenths(790) }))).toEqual(["127.0", "79.0", "97"]);
});

test("a mean pressure of NaN, zero or the filler is none", () => {
  for (const mean of ["nan", integer(0), { mantissa: -1, exponent: -1 }] as const) {
    expect(readout({ meanArterialPressure: mean })).toMatchObject({ measurement: { meanArterialPressure: null } });
  }
});

test("a measurement that failed is a fault, with its frame kept", () => {
  const failed = { systolic: "nan", diastolic: "nan", meanArterialPressure: "nan", pulseRate: "nan" } as const;
  expect(readout(failed)).toMatchObject({
    type: "device-fault",
    reason: "the cuff reports that its measurement failed",
    frames: [{ characteristic: "2A35" }],
  });
  expect(readout({ diastolic: "positive-infinity" })).toMatchObject({ type: "device-fault" });
  expect(readout({ systolic: { mantissa: -1, exponent: -1 } })).toMatchObject({ type: "device-fault" });
});

test("pressures that no living body has are implausible, and those at the bounds are not", () => {
  const typeOf = (systolic: number, diastolic: number): string =>
    readout({ systolic: integer(systolic), diastolic: integer(diastolic) }).type;
  expect([typeOf(300, 20), typeOf(21, 20), typeOf(301, 80), typeOf(120, 19), typeOf(80, 80), typeOf(72, 81)]).toEqual([
    "measurement",
    "measurement",
    "implausible",
    "implausible",
    "implausible",
    "implausible",
  ]);
});

test("the gate is on the pressure and not on the unit's number", () => {
  expect(readout({ unit: "kPa", systolic: integer(16), diastolic: integer(10) }).type).toBe("measurement");
  expect(readout({ unit: "kPa", systolic: integer(124), diastolic: integer(86) }).type).toBe("implausible");
});

test("a pulse rate that no heart has is left out and told, and the pressures stay", () => {
  const rate = (pulseRate: MedicalNumber | null): Observed => readout({ pulseRate });
  for (const beyond of [0, 19, 251]) {
    expect(rate(integer(beyond))).toMatchObject({
      measurement: { pulseRate: null, status: ["pulse_rate_implausible"], systolic: integer(124) },
    });
  }
  expect([rate(integer(20)), rate(integer(250))]).toMatchObject([
    { measurement: { pulseRate: integer(20), status: [] } },
    { measurement: { pulseRate: integer(250), status: [] } },
  ]);
  expect(rate("nan")).toMatchObject({ measurement: { pulseRate: null, status: [] } });
  expect(rate(null)).toMatchObject({ measurement: { pulseRate: null, status: [] } });
});

test("the user slot is the cuff's, and 255 and silence are nobody's", () => {
  expect(readout({ userId: 0 })).toMatchObject({ measurement: { userSlot: 0 } });
  expect(readout({ userId: 255 })).toMatchObject({ measurement: { userSlot: null } });
  expect(readout({ userId: null })).toMatchObject({ measurement: { userSlot: null } });
});

test("the status is told by name, with the pulse range where it is not in range", () => {
  expect(readout({ status: 0b10_0111 })).toMatchObject({
    measurement: { status: ["body_movement", "cuff_too_loose", "irregular_pulse", "improper_position"] },
  });
  expect(readout({ status: 0b1000 })).toMatchObject({ measurement: { status: ["pulse_rate_above_upper_limit"] } });
});

test("a time that no calendar has is none, and takes nothing from the pressures", () => {
  expect(readout({ timestamp: "invalid" })).toMatchObject({ measurement: { deviceTime: null } });
  expect(readout({ timestamp: null })).toMatchObject({ measurement: { deviceTime: null } });
});

test("the octets of the value hold unit, pressures and pulse rate, and neither time, user nor status", () => {
  const first = valueBytes(readout({}));
  expect(first).toEqual(Uint8Array.of(0, 124, 0, 86, 0, 97, 0, 51, 0));
  expect(valueBytes(readout({ timestamp: null, userId: null, status: 1 }))).toEqual(first);
  expect(valueBytes(readout({ pulseRate: integer(52) }))).not.toEqual(first);
  expect(valueBytes(readout({ pulseRate: null }))).toEqual(first?.slice(0, 7));
});

test("a Beurer BM85 is read by its own layout", () => {
  const bytes = octets("56770046000000EA07080B1439000057010040");
  const record = recordOfMeasurement({ characteristic: "2A35", bytes }, "beurer-bm85");
  expect(record.ok && readoutOf(record.value)).toMatchObject({
    measurement: { systolic: integer(119), diastolic: integer(70), pulseRate: integer(87), userSlot: 1 },
  });
});

function readout(changes: Partial<BloodPressureFrame>): Observed {
  const bytes = encodeBloodPressureMeasurement({ ...plain, ...changes });
  const record = recordOfMeasurement({ characteristic: "2A35", bytes }, "standard");
  if (!record.ok) throw new Error(record.error.reason);
  return readoutOf(record.value);
}

function pressures(observed: Observed): readonly (string | null)[] {
  if (observed.type !== "measurement" || observed.measurement.kind !== "blood-pressure") return [];
  const { systolic, diastolic, meanArterialPressure } = observed.measurement;
  return [systolic, diastolic, meanArterialPressure].map((each) => (each === null ? null : decimalText(each)));
}

const valueBytes = (observed: Observed): Uint8Array | null =>
  observed.type === "measurement" ? observed.measurement.valueBytes : null;
