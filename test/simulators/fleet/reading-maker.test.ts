import { expect, test } from "vitest";
import { reading as readingSchema, type Reading } from "../../../cloud-sync/contract/reading.ts";
import { claimsOf, readingContradiction } from "../../../cloud-sync/ingest/reading-rules.ts";
import { readingAt } from "../../../cloud-sync/ingest/reading-text.ts";
import { fromHex } from "../../../device-drivers/kit/hex.ts";
import { recordOfMeasurement } from "../../../device-drivers/profiles/blood-pressure/cuff-record.ts";
import { valueBytesOf as pressureBytes } from "../../../device-drivers/profiles/blood-pressure/readout.ts";
import { decodeGlucoseMeasurement } from "../../../device-drivers/profiles/glucose/measurement-codec.ts";
import { valueBytesOf as glucoseBytes } from "../../../device-drivers/profiles/glucose/readout.ts";
import { readingId } from "../../../gateway/collect/reading-id.ts";
import { identifyDevice } from "../../../gateway/collect/device-identity.ts";
import { dayPlan } from "../../../simulators/fleet/day-plan.ts";
import { householdOf } from "../../../simulators/fleet/household.ts";
import { ReadingMaker } from "../../../simulators/fleet/reading-maker.ts";

const seed = 7;
const plan = { seed, rhythm: "daily", gateways: 60 } as const;

function readingsOfDays(days: number): readonly Reading[] {
  const makers = Array.from({ length: plan.gateways }, (_, index) => new ReadingMaker(householdOf(seed, index)));
  return Array.from({ length: days }, (_, day) => dayPlan(plan, 20_400 + day))
    .flat()
    .flatMap((visit) => makers[visit.gateway]?.make(visit) ?? []);
}

test("every reading is of the contract, contradicts nothing, and has an id of its own", () => {
  const readings = readingsOfDays(10);
  expect(readings.length).toBeGreaterThan(4_500);
  for (const reading of readings) {
    expect(readingSchema.parse(reading)).toEqual(reading);
    expect(readingContradiction(claimsOf(reading))).toBeNull();
    // In the order of the contract, as a gateway writes it: an ingestor takes it without parsing it.
    expect(readingAt(JSON.stringify(reading), 0)?.id).toBe(reading.id);
  }
  expect(new Set(readings.map(({ id }) => id)).size).toBe(readings.length);
});

test("the id is the one that a gateway gives to the same frames", () => {
  const none = { at: null, bootId: "boot", monotonicMs: 0 };
  const ids = readingsOfDays(2).map((reading) => ({ ours: reading.id, theirs: gatewaysId(reading, none) }));
  expect(ids.length).toBeGreaterThan(900);
  expect(ids.filter(({ ours, theirs }) => ours !== theirs)).toEqual([]);
});

test("a gateway knows the simulated devices by the same identity", () => {
  for (const { meter, cuff } of Array.from({ length: 300 }, (_, index) => householdOf(seed, index))) {
    for (const device of [meter, cuff]) {
      const { manufacturer, model, serial, firmware, systemId } = device;
      const information = {
        manufacturer,
        model,
        serial,
        firmware,
        systemId,
        hardware: null,
        software: null,
        batteryPercent: null,
      };
      const subject = { information, address: "C0:00:00:00:00:01", addressKind: "public" } as const;
      expect(identifyDevice(subject, [])).toEqual({ type: "identified", id: device.id });
    }
  }
});

test("no two households share a person or a device", () => {
  const homes = Array.from({ length: 2_000 }, (_, index) => householdOf(seed, index));
  const devices = homes.flatMap(({ meter, cuff }) => [meter.id, cuff.id]);
  const people = homes.flatMap(({ first, second }) => [first.reference, second.reference]);
  expect(new Set(devices).size).toBe(4_000);
  expect(new Set(people).size).toBe(4_000);
});

function gatewaysId(reading: Reading, receipt: Parameters<typeof readingId>[2]): string {
  const frames = reading.frames.map(({ characteristic, hex }) => ({
    characteristic,
    bytes: fromHex(hex) ?? new Uint8Array(),
  }));
  const [frame] = frames;
  if (frame === undefined) throw new RangeError("a reading has frames");
  const basics = { userSlot: reading.userSlot, sequenceNumber: reading.sequenceNumber, kind: reading.kind };
  if (reading.kind === "blood-pressure") {
    const record = recordOfMeasurement(frame, "standard");
    if (!record.ok) throw new RangeError("not a frame of the profile");
    const { deviceTime } = record.value;
    return readingId(reading.device.id, { ...basics, deviceTime, valueBytes: pressureBytes(record.value) }, receipt);
  }
  const measurement = decodeGlucoseMeasurement(frame.bytes);
  if (!measurement.ok || measurement.value.baseTime === "invalid") throw new RangeError("not a frame of the profile");
  const said = {
    ...basics,
    deviceTime: measurement.value.baseTime,
    valueBytes: glucoseBytes(measurement.value, frames),
  };
  return readingId(reading.device.id, said, receipt);
}
