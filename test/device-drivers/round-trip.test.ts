import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeDateTime, encodeDateTime } from "../../device-drivers/kit/date-time.ts";
import { appendE2eCrc, stripE2eCrc } from "../../device-drivers/kit/e2e-crc.ts";
import { decodeFeatures, encodeFeatures } from "../../device-drivers/kit/features.ts";
import { fromHex, toHex } from "../../device-drivers/kit/hex.ts";
import {
  decodeRacpRequest,
  decodeRacpResponse,
  encodeRacpRequest,
  encodeRacpResponse,
  RacpOpCode,
  RacpOperator,
} from "../../device-drivers/kit/racp.ts";
import { ok } from "../../device-drivers/kit/result.ts";
import { decodeText, encodeText } from "../../device-drivers/kit/text.ts";
import * as battery from "../../device-drivers/profiles/battery/codec.ts";
import * as enhanced from "../../device-drivers/profiles/blood-pressure/enhanced-codec.ts";
import { bloodPressureFeatures } from "../../device-drivers/profiles/blood-pressure/feature-codec.ts";
import * as cuff from "../../device-drivers/profiles/blood-pressure/measurement-codec.ts";
import * as record from "../../device-drivers/profiles/blood-pressure/record-codec.ts";
import * as time from "../../device-drivers/profiles/current-time/codec.ts";
import * as zone from "../../device-drivers/profiles/current-time/zone-codec.ts";
import * as device from "../../device-drivers/profiles/device-information/codec.ts";
import * as context from "../../device-drivers/profiles/glucose/context-codec.ts";
import { glucoseFeatures } from "../../device-drivers/profiles/glucose/feature-codec.ts";
import * as meter from "../../device-drivers/profiles/glucose/measurement-codec.ts";
import * as some from "./arbitraries.ts";
import { codecs } from "./codecs.ts";
import { frameVectors } from "./vectors.ts";

/** The first frame that does not come back from its octets as it was; null when every one does. */
function lostFrame<Frame>(
  frames: fc.Arbitrary<Frame>,
  decode: (bytes: Uint8Array) => unknown,
  encode: (frame: Frame) => Uint8Array,
): string | null {
  const comesBack = fc.property(frames, (frame) => {
    expect(decode(encode(frame))).toEqual(ok(frame));
  });
  const { failed, counterexample } = fc.check(comesBack, { seed: 1810, numRuns: 500 });
  return failed ? fc.stringify(counterexample) : null;
}

test("every Glucose Measurement survives its encoding", () => {
  const concentration = fc.record({ number: some.sfloat, unit: fc.constantFrom("kg/L", "mol/L") });
  const basics = {
    sequenceNumber: some.uint16,
    baseTime: some.dateTimeOrInvalid,
    timeOffsetMin: some.orNull(some.int16),
    status: some.orNull(some.uint16),
    contextFollows: fc.boolean(),
  };
  const withValue = { ...basics, concentration, type: some.uintOf(4), sampleLocation: some.uintOf(4) };
  const none = fc.constant(null);
  const withoutValue = { ...basics, concentration: none, type: none, sampleLocation: none };
  expect(lostFrame(fc.record(withValue), meter.decodeGlucoseMeasurement, meter.encodeGlucoseMeasurement)).toBeNull();
  expect(lostFrame(fc.record(withoutValue), meter.decodeGlucoseMeasurement, meter.encodeGlucoseMeasurement)).toBeNull();
});

test("every Glucose Measurement Context survives its encoding", () => {
  const frames = fc.record({
    sequenceNumber: some.uint16,
    extendedFlags: some.orNull(some.uint8),
    carbohydrate: some.orNull(fc.record({ id: some.uint8, mass: some.sfloat })),
    meal: some.orNull(some.uint8),
    testerHealth: some.orNull(fc.record({ tester: some.uintOf(4), health: some.uintOf(4) })),
    exercise: some.orNull(
      fc.record({ durationS: some.orNull(fc.integer({ min: 0, max: 0xfffe })), intensityPercent: some.uint8 }),
    ),
    medication: some.orNull(fc.record({ id: some.uint8, amount: some.sfloat, unit: fc.constantFrom("kg", "L") })),
    hba1c: some.orNull(some.sfloat),
  });
  expect(lostFrame(frames, context.decodeGlucoseContext, context.encodeGlucoseContext)).toBeNull();
});

const cuffFields = {
  unit: fc.constantFrom("mmHg", "kPa"),
  timestamp: some.orNull(some.dateTimeOrInvalid),
  pulseRate: some.orNull(some.sfloat),
  userId: some.orNull(some.uint8),
  status: some.orNull(some.uint16),
} as const;

const threePressures = { systolic: some.pressure, diastolic: some.pressure, meanArterialPressure: some.pressure };

test("every Blood Pressure Measurement survives its encoding, also in the layout of the BM85", () => {
  expect(
    lostFrame(
      fc.record({ ...cuffFields, ...threePressures }),
      (bytes) => cuff.decodeBloodPressureMeasurement(bytes),
      (frame) => cuff.encodeBloodPressureMeasurement(frame),
    ),
  ).toBeNull();
  expect(
    lostFrame(
      fc.record({ ...cuffFields, ...threePressures, userId: some.uint8 }),
      (bytes) => cuff.decodeBloodPressureMeasurement(bytes, "beurer-bm85"),
      (frame) => cuff.encodeBloodPressureMeasurement(frame, "beurer-bm85"),
    ),
  ).toBeNull();
});

test("every Intermediate Cuff Pressure survives its encoding", () => {
  const frames = fc.record({ ...cuffFields, cuffPressure: some.pressure });
  expect(lostFrame(frames, cuff.decodeIntermediateCuffPressure, cuff.encodeIntermediateCuffPressure)).toBeNull();
});

test("every enhanced frame of a cuff survives its encoding", () => {
  const fields = {
    unit: cuffFields.unit,
    timestampS: some.orNull(some.uint32),
    pulseRate: some.orNull(some.sfloat),
    userId: some.orNull(some.uint8),
    status: some.orNull(some.uint16),
    userFacingTimeS: some.orNull(some.uint32),
    epoch: fc.constantFrom(1900, 2000),
  } as const;
  expect(
    lostFrame(
      fc.record({ ...fields, ...threePressures }),
      enhanced.decodeEnhancedBloodPressure,
      enhanced.encodeEnhancedBloodPressure,
    ),
  ).toBeNull();
  expect(
    lostFrame(
      fc.record({ ...fields, cuffPressure: some.pressure }),
      enhanced.decodeEnhancedCuffPressure,
      enhanced.encodeEnhancedCuffPressure,
    ),
  ).toBeNull();
});

test("every segment of a blood-pressure record survives its encoding", () => {
  const frames = fc.record({
    firstSegment: fc.boolean(),
    lastSegment: fc.boolean(),
    segmentCounter: some.uintOf(6),
    sequenceNumber: some.uint16,
    uuid: some.uint16,
    data: fc.uint8Array({ maxLength: 20 }),
  });
  expect(lostFrame(frames, record.decodeRecordSegment, record.encodeRecordSegment)).toBeNull();
});

test("every request and every response of the Record Access Control Point survives its encoding", () => {
  const opCode = fc.constantFrom(
    RacpOpCode.reportStoredRecords,
    RacpOpCode.deleteStoredRecords,
    RacpOpCode.reportNumberOfStoredRecords,
    RacpOpCode.combinedReport,
  );
  const filterOf = (bounds: readonly ("minimum" | "maximum")[]) => {
    const all = <T>(value: fc.Arbitrary<T>) => Object.fromEntries(bounds.map((bound) => [bound, value]));
    return fc.oneof(
      fc.record({ type: fc.constant("sequence-number" as const), ...all(some.uint16) }),
      fc.record({ type: fc.constant("user-facing-time" as const), ...all(some.dateTime) }),
    );
  };
  const plain = fc.constantFrom(RacpOperator.allRecords, RacpOperator.firstRecord, RacpOperator.lastRecord);
  const requests = fc.oneof(
    fc.record({ opCode, operator: plain }),
    fc.record({ opCode, operator: fc.constant(RacpOperator.lessThanOrEqual), filter: filterOf(["maximum"]) }),
    fc.record({ opCode, operator: fc.constant(RacpOperator.greaterThanOrEqual), filter: filterOf(["minimum"]) }),
    fc.record({ opCode, operator: fc.constant(RacpOperator.withinRange), filter: filterOf(["minimum", "maximum"]) }),
    fc.constant({ opCode: RacpOpCode.abortOperation, operator: RacpOperator.null }),
  );
  expect(lostFrame(requests, decodeRacpRequest, encodeRacpRequest)).toBeNull();
  const responses = fc.oneof(
    fc.record({ type: fc.constant("response" as const), requestOpCode: some.uint8, responseCode: some.uint8 }),
    fc.record({ type: fc.constantFrom("number-of-records", "combined-report"), count: some.uint32 }),
  );
  expect(lostFrame(responses, decodeRacpResponse, encodeRacpResponse)).toBeNull();
});

test("every battery status survives its encoding", () => {
  const frames = fc.record({
    batteryPresent: fc.boolean(),
    wiredPower: some.uintOf(2),
    wirelessPower: some.uintOf(2),
    chargeState: some.uintOf(2),
    chargeLevel: some.uintOf(2),
    chargingType: some.uintOf(3),
    chargingFaults: some.uintOf(3),
    identifier: some.orNull(some.uint16),
    levelPercent: some.orNull(fc.integer({ min: 0, max: 100 })),
    additional: some.orNull(fc.record({ serviceRequired: some.uintOf(2), batteryFault: fc.boolean() })),
  });
  expect(lostFrame(frames, battery.decodeBatteryLevelStatus, battery.encodeBatteryLevelStatus)).toBeNull();
  expect(
    lostFrame(fc.integer({ min: 0, max: 100 }), battery.decodeBatteryLevel, battery.encodeBatteryLevel),
  ).toBeNull();
});

test("every time and time zone survives its encoding", () => {
  const day = { time: some.dateTime, dayOfWeek: fc.integer({ min: 0, max: 7 }) };
  const dstOffsetMin = fc.constantFrom(0, 30, 60, 120, null);
  const timeZoneMin = some.orNull(fc.integer({ min: -48, max: 56 }).map((quarters) => quarters * 15));
  expect(lostFrame(some.dateTime, decodeDateTime, encodeDateTime)).toBeNull();
  expect(lostFrame(fc.record(day), time.decodeDayDateTime, time.encodeDayDateTime)).toBeNull();
  expect(
    lostFrame(
      fc.record({ ...day, fractions256: some.uint8, adjustReason: some.uint8 }),
      time.decodeCurrentTime,
      time.encodeCurrentTime,
    ),
  ).toBeNull();
  expect(
    lostFrame(fc.record({ time: some.dateTime, dstOffsetMin }), time.decodeTimeWithDst, time.encodeTimeWithDst),
  ).toBeNull();
  expect(lostFrame(timeZoneMin, zone.decodeTimeZone, zone.encodeTimeZone)).toBeNull();
  expect(lostFrame(dstOffsetMin, zone.decodeDstOffset, zone.encodeDstOffset)).toBeNull();
  expect(
    lostFrame(
      fc.record({ timeZoneMin, dstOffsetMin }),
      zone.decodeLocalTimeInformation,
      zone.encodeLocalTimeInformation,
    ),
  ).toBeNull();
  expect(
    lostFrame(
      fc.record({
        source: fc.integer({ min: 0, max: 7 }),
        accuracyEighths: some.uint8,
        daysSinceUpdate: some.uint8,
        hoursSinceUpdate: fc.oneof(fc.integer({ min: 0, max: 23 }), fc.constant(255)),
      }),
      zone.decodeReferenceTimeInformation,
      zone.encodeReferenceTimeInformation,
    ),
  ).toBeNull();
});

test("every identity of a device survives its encoding", () => {
  const octetsOf = (length: number): fc.Arbitrary<Uint8Array> =>
    fc.uint8Array({ minLength: length, maxLength: length });
  const text = fc.string({ unit: "grapheme", maxLength: 20 }).filter((each) => !each.includes("\0"));
  expect(
    lostFrame(
      fc.record({ manufacturerIdentifier: octetsOf(5), organizationallyUniqueIdentifier: octetsOf(3) }),
      device.decodeSystemId,
      device.encodeSystemId,
    ),
  ).toBeNull();
  expect(
    lostFrame(
      fc.record({
        vendorIdSource: some.uint8,
        vendorId: some.uint16,
        productId: some.uint16,
        productVersion: some.uint16,
      }),
      device.decodePnpId,
      device.encodePnpId,
    ),
  ).toBeNull();
  expect(
    lostFrame(
      fc.record({
        label: some.orNull(text),
        deviceIdentifier: some.orNull(text),
        issuer: some.orNull(text),
        authority: some.orNull(text),
      }),
      device.decodeUniqueDeviceIdentifier,
      device.encodeUniqueDeviceIdentifier,
    ),
  ).toBeNull();
  expect(lostFrame(text, decodeText, encodeText)).toBeNull();
});

test("every set of features survives its encoding", () => {
  for (const table of [glucoseFeatures, bloodPressureFeatures]) {
    const features = fc.subarray<string>([...table.names]);
    expect(
      lostFrame(
        features,
        (bytes) => decodeFeatures(table, bytes),
        (names) => encodeFeatures(table, names),
      ),
    ).toBeNull();
  }
});

test("every frame survives its hexadecimal notation and its E2E-CRC", () => {
  const frames = fc.uint8Array({ maxLength: 64 });
  expect(lostFrame(frames, stripE2eCrc, appendE2eCrc)).toBeNull();
  expect(
    lostFrame(
      frames,
      (text) => ok(fromHex(new TextDecoder().decode(text))),
      (bytes) => new TextEncoder().encode(toHex(bytes)),
    ),
  ).toBeNull();
});

test("a valid vector is encoded as the octets it came in, unless its device added what a frame need not have", () => {
  const changed = frameVectors.filter(({ valid, characteristic, bytes, hex, direction }) => {
    const name = characteristic === "2A52" ? `2A52 ${direction === "tx" ? "request" : "response"}` : characteristic;
    const codec = codecs.find(({ layout }) => layout.name === name);
    return valid === true && codec !== undefined && toHex(codec.reencode(bytes) ?? new Uint8Array()) !== hex;
  });
  expect(changed.map(({ id }) => id)).toEqual([
    "bps-2a35-015", // reserved flag bits are set
    "bps-2a36-002", // the two unused pressures are 0; ours are NaN, as the specification says
    "bps-2a36-003",
    "bps-2a36-006",
    "bps-beurer-bm85-2a35-001", // a reserved flag bit is set
    "bps-beurer-bm85-2a35-003",
    "gls-2a34-007", // fourteen octets after the last field
  ]);
});
