import { expect, test } from "vitest";
import { appendE2eCrc } from "../../../../device-drivers/kit/e2e-crc.ts";
import { toHex } from "../../../../device-drivers/kit/hex.ts";
import { bloodPressureDriver } from "../../../../device-drivers/profiles/blood-pressure/driver.ts";
import {
  encodeEnhancedBloodPressure,
  type EnhancedBloodPressureFrame,
} from "../../../../device-drivers/profiles/blood-pressure/enhanced-codec.ts";
import { encodeRecordSegment, splitRecord } from "../../../../device-drivers/profiles/blood-pressure/record-codec.ts";
import { collectFrom, connectTo, type BenchOptions, type Outcome } from "../../collecting.ts";
import { count, done } from "../../glucose-lines.ts";
import { declare, lines, ScriptedDevice, type Script } from "../../scripted-device.ts";

const first = "2A35 167C0056006100E807060F11111B33000000";
const second = "2A35 1678005000FF07E807061011111B34000000";
const third = "2A35 16790051000000E807061111111B35000000";
const failed = "2A35 16FF07FF07FF07E80706170E230AFF070000";

test("a cuff that sends its memory on being subscribed to is taken to the last, and is over when it falls silent", async () => {
  const device = cuff({ "on 2A35": lines(first, failed, second) });
  const outcome = await collect(device);
  expect(outcome.observed.map(({ type }) => type)).toEqual(["measurement", "device-fault", "measurement"]);
  expect(outcome.end).toEqual({ records: 3, counterWasReset: false });
  expect(outcome.tookMs).toBe(600 + 2_000);
  expect(device.deliveries).toEqual([`${first} confirmed`, `${failed} confirmed`, `${second} confirmed`]);
  expect(device.heard).toEqual(["on 2A35", "off 2A35"]);
});

test("a cuff with nothing to tell is over after the time for a first frame", async () => {
  const outcome = await collect(cuff({}));
  expect(outcome.end).toEqual({ records: 0, counterWasReset: false });
  expect(outcome.tookMs).toBe(600 + 5_000);
});

test("a cuff that hangs up after its frames has ended well; one that hangs up before has not", async () => {
  const after = await collect(cuff({ "on 2A35": lines(first, second, "hang up") }));
  expect(after.end).toEqual({ records: 2, counterWasReset: false });
  const before = await collect(cuff({ "on 2A35": "hang up" }));
  expect(before.error).toMatchObject({ code: "link-lost" });
});

test("a frame is confirmed only when the next is asked for, so a consumer that gives up leaves it with the cuff", async () => {
  const device = cuff({ "on 2A35": lines(first, second, third) });
  const { clock, session } = await connectTo(device);
  const collection = bloodPressureDriver.collect(session);
  await clock.runUntil(collection.next());
  await clock.advance(1_500);
  expect(device.deliveries).toEqual([]);
  await clock.runUntil(collection.next());
  expect(device.deliveries).toEqual([`${first} confirmed`]);
  await clock.runUntil(collection.return({ records: 0, counterWasReset: false }));
  await clock.runUntil(session.link.close());
  await clock.settle();
  expect(device.deliveries).toEqual([`${first} confirmed`, `${second} link-ended`, `${third} link-ended`]);
});

test("on cancellation the reason is thrown, and the subscription is closed", async () => {
  const cancelled = new AbortController();
  const device = cuff({ "on 2A35": first });
  const { clock, session } = await connectTo(device, { signal: cancelled.signal });
  const collection = bloodPressureDriver.collect(session);
  await clock.runUntil(collection.next());
  const next = collection.next();
  await clock.settle();
  cancelled.abort(new Error("the gateway stops"));
  await expect(clock.runUntil(next)).rejects.toThrow("the gateway stops");
  expect(device.heard.at(-1)).toBe("off 2A35");
});

test("a frame that is no blood pressure is yielded as it is, and the session goes on", async () => {
  const outcome = await collect(cuff({ "on 2A35": lines("2A35 010203040506", first, "2A35 FE202700750055005F00") }));
  expect(outcome.observed.map(({ type }) => type)).toEqual(["undecodable", "measurement", "undecodable"]);
  expect(outcome.error).toBeNull();
});

test("a cuff that has only the enhanced measurement is read by it, with its CRC where it announces one", async () => {
  const table = declare("1810/2B34 indicate", "1810/2A49 read");
  const good = appendE2eCrc(encodeEnhancedBloodPressure(enhanced));
  const broken = good.with(good.length - 1, 0);
  const send = lines(`2B34 ${toHex(good)}`, `2B34 ${toHex(broken)}`);
  const announcing = new ScriptedDevice(table, { on: { "on 2B34": send }, values: { "2A49": "4000" } });
  expect((await collect(announcing)).observed).toMatchObject([
    { type: "measurement", measurement: { deviceTime: { year: 2026, month: 5, day: 12, hours: 7, minutes: 30 } } },
    { type: "undecodable" },
  ]);
  const silent = new ScriptedDevice(table, { on: { "on 2B34": send } });
  expect((await collect(silent)).measurements).toHaveLength(2);
});

test("the time that the cuff displays counts, else its time base, from the epoch that it names", async () => {
  const table = declare("1810/2B34 indicate");
  const timeOf = async (changes: Partial<EnhancedBloodPressureFrame>): Promise<unknown> => {
    const frame = `2B34 ${toHex(encodeEnhancedBloodPressure({ ...enhanced, ...changes }))}`;
    const { measurements } = await collect(new ScriptedDevice(table, { on: { "on 2B34": frame } }));
    return measurements[0]?.deviceTime;
  };
  const day = { month: 1, day: 2, hours: 0, minutes: 0, seconds: 0 };
  expect(await timeOf({ userFacingTimeS: null, timestampS: 86_400 })).toEqual({ year: 2000, ...day });
  expect(await timeOf({ userFacingTimeS: 86_400, epoch: 1900 })).toEqual({ year: 1900, ...day });
  expect(await timeOf({ userFacingTimeS: null, timestampS: null })).toBeNull();
});

test("a cuff with record access is asked for its records, from the last known one on", async () => {
  const device = recorder({
    "write 2A52 0401": count(2),
    "write 2A52 0103010700": lines(record(7), record(8, 5), done),
    "write 2A52 0106": lines(record(8, 5), done),
  });
  const lastDeviceTime = { year: 2026, month: 5, day: 12, hours: 7, minutes: 30, seconds: 0 };
  const outcome = await collect(device, { history: { lastSequenceNumber: 7, lastDeviceTime } });
  expect(device.heard.slice(0, 4)).toEqual(["on 2B36", "on 2A52", "write 2A52 0401", "write 2A52 0103010700"]);
  expect(new Set(outcome.measurements.map((each) => each.sequenceNumber))).toEqual(new Set([7, 8]));
  expect(outcome.measurements[1]?.frames.length).toBeGreaterThan(1);
  expect(outcome.end?.counterWasReset).toBe(false);
});

test("a record with a hole, of another format, or whose rest does not come is kept and not read", async () => {
  const [start = "", , end = ""] = record(3, 5).split("\n");
  const device = recorder({
    "write 2A52 0101": lines(start, end, "2B36 0309009C2AAABB", start, record(4), "2B36 01", start, done),
  });
  const outcome = await collect(device);
  expect(outcome.observed.map(({ type }) => type)).toEqual([
    "undecodable",
    "undecodable",
    "undecodable",
    "measurement",
    "undecodable",
    "undecodable",
  ]);
});

test("a device that offers no result is told as unsupported", async () => {
  const device = new ScriptedDevice(declare("1810/2A36 notify", "1810/2A49 read"), {});
  expect((await collect(device)).error).toMatchObject({ code: "unsupported-device" });
});

test("a cuff that does not stop sending is cut off", async () => {
  const outcome = await collect(cuff({ "on 2A35": lines(...Array.from({ length: 2_049 }, () => first)) }));
  expect(outcome.measurements).toHaveLength(2_048);
  expect(outcome.error).toMatchObject({ code: "device-floods" });
});

const enhanced: EnhancedBloodPressureFrame = {
  unit: "mmHg",
  systolic: { mantissa: 121, exponent: 0 },
  diastolic: { mantissa: 79, exponent: 0 },
  meanArterialPressure: "nan",
  timestampS: 1_000,
  pulseRate: { mantissa: 66, exponent: 0 },
  userId: null,
  status: null,
  userFacingTimeS: (Date.UTC(2026, 4, 12, 7, 30) - Date.UTC(2000, 0, 1)) / 1_000,
  epoch: 2000,
};

/** The lines that notify one record, in segments of so many octets of data. */
const record = (sequenceNumber: number, dataOctetsMax = 64): string =>
  splitRecord({ sequenceNumber, uuid: 0x2b34, data: encodeEnhancedBloodPressure(enhanced) }, dataOctetsMax)
    .map((segment) => `2B36 ${toHex(encodeRecordSegment(segment))}`)
    .join("\n");

const cuff = (on: NonNullable<Script["on"]>): ScriptedDevice =>
  new ScriptedDevice(declare("1810/2A35 indicate"), { on });

const recorder = (on: NonNullable<Script["on"]>): ScriptedDevice =>
  new ScriptedDevice(declare("1810/2A35 indicate", "1810/2B36 notify", "1810/2A52 write,indicate"), {
    on: { "write 2A52 0401": "2A52 06000402", ...on },
  });

const collect = (device: ScriptedDevice, options: BenchOptions = {}): Promise<Outcome> =>
  collectFrom(bloodPressureDriver, device, options);
