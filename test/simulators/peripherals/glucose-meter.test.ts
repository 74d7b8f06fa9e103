import { expect, test } from "vitest";
import { toHex } from "../../../device-drivers/kit/hex.ts";
import { RacpOpCode, RacpOperator } from "../../../device-drivers/kit/racp.ts";
import { dateTimeText } from "../../../device-drivers/measurement/device-time.ts";
import { decodeCurrentTime, encodeCurrentTime } from "../../../device-drivers/profiles/current-time/codec.ts";
import { decodeSystemId, systemIdText } from "../../../device-drivers/profiles/device-information/codec.ts";
import { decodeGlucoseContext } from "../../../device-drivers/profiles/glucose/context-codec.ts";
import {
  decodeGlucoseMeasurement,
  type GlucoseMeasurementFrame,
  glucoseStatusNames,
} from "../../../device-drivers/profiles/glucose/measurement-codec.ts";
import {
  GlucoseMeter,
  type GlucoseMeterOptions,
  plainGlucoseMeter,
} from "../../../simulators/peripherals/glucose-meter.ts";
import { defaultGlucoseFormat, type GlucoseSample } from "../../../simulators/peripherals/glucose-record.ts";
import { type DeviceClient, type DeviceStage, stageDevice, startAt, testIdentity } from "./device-client.ts";

const sample = (mgPerDl: number, more: Partial<GlucoseSample> = {}): GlucoseSample => ({
  person: "sim-0001",
  mgPerDl,
  fluid: "blood",
  meal: null,
  carbohydrateG: null,
  fault: null,
  ...more,
});

const meter = (options: Partial<GlucoseMeterOptions> = {}, faults = {}): DeviceStage<GlucoseMeter> =>
  stageDevice((ports) => new GlucoseMeter(ports, { ...plainGlucoseMeter, identity: testIdentity, ...options }), faults);

async function subscribed(stage: DeviceStage<GlucoseMeter>): Promise<DeviceClient> {
  stage.device.wake();
  const client = await stage.connect();
  await client.subscribe("2A18", "2A34", "2A52");
  return client;
}

async function reportAll(client: DeviceClient): Promise<readonly GlucoseMeasurementFrame[]> {
  await client.ask({ opCode: RacpOpCode.reportStoredRecords, operator: RacpOperator.allRecords });
  return (await client.all("2A18", 100)).map((bytes) => {
    const decoded = decodeGlucoseMeasurement(bytes);
    if (!decoded.ok) throw new Error(decoded.error.reason);
    return decoded.value;
  });
}

test("a record says what the display showed: whole mg/dL, or tenths of a mmol/L", async () => {
  const mass = meter();
  mass.device.measure(sample(104.4));
  const [massFrame] = await reportAll(await subscribed(mass));
  expect(massFrame).toMatchObject({
    concentration: { number: { mantissa: 104, exponent: -5 }, unit: "kg/L" },
    type: 1,
    sampleLocation: 1,
    status: 0,
    sequenceNumber: 1,
  });
  const molar = meter({ format: { ...defaultGlucoseFormat, unit: "mmol/L" } });
  molar.device.measure(sample(108.1));
  const [molarFrame] = await reportAll(await subscribed(molar));
  expect(molarFrame?.concentration).toEqual({ number: { mantissa: 60, exponent: -4 }, unit: "mol/L" });
});

test.each<[string, GlucoseSample, Partial<GlucoseMeasurementFrame>]>([
  ["HI", sample(650), { concentration: { number: "positive-infinity", unit: "kg/L" } }],
  ["LO", sample(12), { concentration: { number: "negative-infinity", unit: "kg/L" } }],
  ["NaN", sample(100, { fault: "no-number" }), { concentration: { number: "nan", unit: "kg/L" } }],
  ["control solution", sample(112, { fluid: "control-solution" }), { type: 10, sampleLocation: 4 }],
  ["a strip that failed", sample(100, { fault: "strip-removed" }), { concentration: null, type: null, status: 0x200 }],
])("shows %s", async (_, taken, expected) => {
  const stage = meter();
  stage.device.measure(taken);
  const [frame] = await reportAll(await subscribed(stage));
  expect(frame).toMatchObject(expected);
});

test("every failure has its status, by name", () => {
  const names = [0b100, 0b1000, 0b1_0000_0000, 0b10_0000_0000, 0b100_0000_0000].map(glucoseStatusNames);
  expect(names.flat()).toHaveLength(5);
});

test("the oldest record gives way when the memory is full", async () => {
  const stage = meter({ memoryRecordsMax: 3 });
  for (let record = 0; record < 5; record += 1) stage.device.measure(sample(100 + record));
  const frames = await reportAll(await subscribed(stage));
  expect(frames.map(({ sequenceNumber }) => sequenceNumber)).toEqual([3, 4, 5]);
});

test("the counter starts again when it is reset, with or without the memory", async () => {
  for (const [keepsMemory, expected] of [
    [true, [1, 2, 1]],
    [false, [1]],
  ] as const) {
    const stage = meter();
    stage.device.measure(sample(100));
    stage.device.measure(sample(101));
    stage.device.resetCounter({ keepsMemory });
    stage.device.measure(sample(102));
    const frames = await reportAll(await subscribed(stage));
    expect(frames.map(({ sequenceNumber }) => sequenceNumber)).toEqual(expected);
  }
});

test("a counter goes over from 65535 to 0, and another counts the newest as 0", async () => {
  const ascending = meter({ firstSequenceNumber: 65_535 });
  const descending = meter({ numbering: "newest-is-zero" });
  for (const stage of [ascending, descending]) {
    for (const value of [100, 101, 102]) stage.device.measure(sample(value));
  }
  const numbers = async (stage: DeviceStage<GlucoseMeter>): Promise<readonly number[]> =>
    (await reportAll(await subscribed(stage))).map(({ sequenceNumber }) => sequenceNumber);
  expect(await numbers(ascending)).toEqual([65_535, 0, 1]);
  expect(await numbers(descending)).toEqual([2, 1, 0]);
});

test("the base time and the offset make the displayed time, and only new records have a new offset", async () => {
  const stage = meter({ timeOffsetMin: 330 });
  stage.device.measure(sample(100));
  await stage.clock.advance(60_000);
  stage.device.adjustDisplay(-90);
  stage.device.measure(sample(101));
  const frames = await reportAll(await subscribed(stage));
  const texts = frames.map(({ baseTime, timeOffsetMin }) => [
    baseTime === "invalid" ? baseTime : dateTimeText(baseTime),
    timeOffsetMin,
  ]);
  expect(texts).toEqual([
    ["2026-03-01T02:30:00", 330],
    ["2026-03-01T04:01:00", 240],
  ]);
});

test.each([
  ["runs late", { aheadS: -3_600 }, "2026-03-01T07:00:10"],
  ["was never set", { state: "never-set" }, "2017-01-01T00:00:10"],
  ["knows nothing", { state: "unknown" }, "0000-00-00T00:00:00"],
  ["drifts", { driftSPerDay: 8_640 }, "2026-03-01T08:00:11"],
  ["stands elsewhere", { utcOffsetMin: -300 }, "2026-03-01T03:00:10"],
] as const)("a clock that %s is read and sent as it is", async (_, clock, expected) => {
  const stage = meter({ clock: { ...plainGlucoseMeter.clock, ...clock } });
  await stage.clock.advance(10_000);
  stage.device.measure(sample(100));
  const client = await subscribed(stage);
  const read = decodeCurrentTime(await client.read("2A2B"));
  expect(read.ok ? dateTimeText(read.value.time) : read.error).toBe(expected);
  const [frame] = await reportAll(client);
  expect(frame === undefined || frame.baseTime === "invalid" ? null : dateTimeText(frame.baseTime)).toBe(expected);
});

test("a clock may be set, reset, or hidden", async () => {
  const stage = meter({ clock: { ...plainGlucoseMeter.clock, writable: true, aheadS: -500 } });
  const client = await subscribed(stage);
  const time = { year: 2026, month: 3, day: 1, hours: 8, minutes: 0, seconds: 0 };
  await client.write("2A2B", encodeCurrentTime({ time, dayOfWeek: 7, fractions256: 0, adjustReason: 1 }));
  await stage.clock.advance(5_000);
  expect(dateTimeText(stage.device.deviceClock.read())).toBe("2026-03-01T08:00:05");
  stage.device.deviceClock.reset();
  expect(dateTimeText(stage.device.deviceClock.read())).toBe("2017-01-01T00:00:00");
  const hidden = await subscribed(meter({ clock: { ...plainGlucoseMeter.clock, readBy: "none" } }));
  expect(hidden.has("2A2B")).toBe(false);
});

test.each([
  ["following", { order: "following" }, 3],
  ["in bursts", { order: "in-bursts", burst: 2 }, 3],
  ["before the answer", { order: "before-the-answer" }, 3],
  ["after the answer", { order: "after-the-answer", delayMs: 250 }, 3],
  ["missing", { order: "missing" }, 0],
] as const)("contexts come %s, each with its record's number", async (_, contexts, expected) => {
  const stage = meter({ contexts: { ...plainGlucoseMeter.contexts, ...contexts } });
  for (const value of [100, 101, 102]) stage.device.measure(sample(value, { meal: "fasting", carbohydrateG: 30 }));
  stage.device.measure(sample(103));
  const client = await subscribed(stage);
  const frames = await reportAll(client);
  expect(frames.map(({ contextFollows }) => contextFollows)).toEqual([true, true, true, false]);
  const decoded = (await client.all("2A34", 1_000)).map(decodeGlucoseContext);
  expect(decoded.map((context) => (context.ok ? context.value.sequenceNumber : context.error))).toEqual(
    [1, 2, 3].slice(0, expected),
  );
  expect(decoded.every((context) => context.ok && context.value.meal === 3)).toBe(true);
});

test("a meter may send each record twice", async () => {
  const stage = meter({ sendsTwice: true });
  stage.device.measure(sample(100));
  stage.device.measure(sample(101));
  const frames = await reportAll(await subscribed(stage));
  expect(frames.map(({ sequenceNumber }) => sequenceNumber)).toEqual([1, 1, 2, 2]);
  expect(stage.events.filter(({ event }) => event === "shown")).toHaveLength(2);
});

test("it drops the link when a strip goes in, and advertises for a while afterwards", async () => {
  const stage = meter();
  expect(stage.device.isAdvertising()).toBe(false);
  await expect(stage.connect()).rejects.toMatchObject({ code: "device-absent" });
  const client = await subscribed(stage);
  stage.device.measure(sample(100));
  await expect(client.read("2A24")).rejects.toMatchObject({ code: "link-lost" });
  await stage.clock.advance(30_000);
  expect(stage.device.isAdvertising()).toBe(true);
  await stage.clock.advance(1);
  expect(stage.device.isAdvertising()).toBe(false);
});

test("it wakes by itself where it is told to", async () => {
  const stage = meter({ wakefulness: { afterUseMs: 0, periodic: { everyMs: 10_000, forMs: 2_000 } } });
  const awake: boolean[] = [];
  for (let second = 0; second < 12; second += 1) {
    awake.push(stage.device.isAdvertising());
    await stage.clock.advance(1_000);
  }
  expect(awake.map((isAwake) => (isAwake ? "a" : "-")).join("")).toBe("aa--------aa");
});

test("it says who it is, in padded texts too", async () => {
  const client = await subscribed(meter({ identity: { ...testIdentity, textOctets: 16, firmware: null } }));
  expect(toHex(await client.read("2A25"))).toBe("53494D2D310000000000000000000000");
  expect(client.has("2A26")).toBe(false);
  const systemId = decodeSystemId(await client.read("2A23"));
  expect(systemId.ok ? systemIdText(systemId.value) : systemId.error).toBe("C05349FFFE4D0001");
  expect([...(await client.read("2A19"))]).toEqual([80]);
});

test.each([
  ["truncated", 14],
  ["oversized", 200],
  ["empty", 0],
  ["all-ones", 17],
] as const)("a frame may be spoilt: %s", async (garbling, octets) => {
  const stage = meter({ timeOffsetMin: 60 });
  stage.device.measure(sample(100));
  stage.device.garbler.garbleNext(garbling, 1);
  const client = await subscribed(stage);
  await client.write("2A52", Uint8Array.of(RacpOpCode.reportStoredRecords, RacpOperator.allRecords));
  expect(await client.next("2A18")).toHaveLength(octets);
  expect(stage.events.map(({ event, kind }) => `${event} ${kind}`)).toEqual(["taken reading", "shown garbage"]);
  expect((await client.next("2A52"))?.[3]).toBe(1);
  expect(await reportAll(client)).toHaveLength(1);
});

test("the journal knows what was taken and, once, what reached the other side", async () => {
  const stage = meter({}, { notificationLoss: 0 });
  stage.device.measure(sample(100, { meal: "fasting" }));
  stage.device.measure(sample(112, { fluid: "control-solution", person: null }));
  const client = await subscribed(stage);
  stage.air.command({ type: "drop-notifications", address: testIdentity.address, count: 1 });
  await reportAll(client);
  const seen = (): readonly string[] =>
    stage.events.map(({ event, record, kind, characteristic }) => `${event} ${record} ${kind} ${characteristic}`);
  expect(seen()).toEqual([
    "taken 1 reading 2A18",
    "taken 2 control-solution 2A18",
    "shown 1 context 2A34",
    "shown 2 control-solution 2A18",
  ]);
  await reportAll(client);
  await reportAll(client);
  expect(seen().slice(4)).toEqual(["shown 1 reading 2A18"]);
  expect(stage.events[0]).toEqual({
    event: "taken",
    at: startAt,
    device: { address: testIdentity.address, serial: "SIM-1", systemId: "C05349FFFE4D0001" },
    record: 1,
    kind: "reading",
    characteristic: "2A18",
    hex: "1A0100EA0703010800006 4B0110000".replace(" ", ""),
    sequenceNumber: 1,
    deviceTime: "2026-03-01T08:00:00",
    userSlot: null,
    person: "sim-0001",
  });
});
