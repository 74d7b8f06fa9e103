import { expect, test } from "vitest";
import { RacpOpCode, RacpOperator } from "../../../device-drivers/kit/racp.ts";
import { dateTimeText } from "../../../device-drivers/measurement/device-time.ts";
import { decodeEnhancedBloodPressure } from "../../../device-drivers/profiles/blood-pressure/enhanced-codec.ts";
import {
  type BloodPressureFrame,
  decodeBloodPressureMeasurement,
} from "../../../device-drivers/profiles/blood-pressure/measurement-codec.ts";
import {
  decodeRecordSegment,
  joinRecordSegments,
} from "../../../device-drivers/profiles/blood-pressure/record-codec.ts";
import {
  BloodPressureCuff,
  type BloodPressureCuffOptions,
  plainCuff,
} from "../../../simulators/peripherals/blood-pressure-cuff.ts";
import {
  type BloodPressureSample,
  defaultBloodPressureFormat,
} from "../../../simulators/peripherals/blood-pressure-record.ts";
import { type DeviceClient, type DeviceStage, stageDevice, testIdentity } from "./device-client.ts";

const sample = (systolicMmHg: number, more: Partial<BloodPressureSample> = {}): BloodPressureSample => ({
  person: "sim-0001",
  userSlot: 1,
  systolicMmHg,
  diastolicMmHg: 80,
  pulsePerMin: 70,
  irregularPulse: false,
  bodyMovement: false,
  fault: false,
  ...more,
});

/** A cuff that holds one record for each of these systolic pressures. */
function cuffWith(
  systolics: readonly number[],
  options: Partial<BloodPressureCuffOptions> = {},
): DeviceStage<BloodPressureCuff> {
  const stage = stageDevice(
    (ports) => new BloodPressureCuff(ports, { ...plainCuff, identity: testIdentity, ...options }),
  );
  for (const systolic of systolics) stage.device.measure(sample(systolic));
  stage.device.wake();
  return stage;
}

function decoded(bytes: Uint8Array | null): BloodPressureFrame {
  if (bytes === null) throw new Error("nothing came");
  const frame = decodeBloodPressureMeasurement(bytes);
  if (!frame.ok) throw new Error(frame.error.reason);
  return frame.value;
}

const systolicOf = (bytes: Uint8Array): number => {
  const { systolic } = decoded(bytes);
  return typeof systolic === "string" ? Number.NaN : systolic.mantissa;
};

async function dumped(client: DeviceClient): Promise<readonly number[]> {
  await client.subscribe("2A35");
  return (await client.all("2A35")).map(systolicOf);
}

async function dumpedAgain(stage: DeviceStage<BloodPressureCuff>, client: DeviceClient): Promise<readonly number[]> {
  await client.link.close();
  stage.device.wake();
  return await dumped(await stage.connect());
}

test("it dumps its records when it is subscribed to, oldest first", async () => {
  const stage = cuffWith([131, 132, 133]);
  expect(await dumped(await stage.connect())).toEqual([131, 132, 133]);
  expect(stage.events.map(({ event, record }) => `${event} ${record}`).slice(3)).toEqual([
    "shown 1",
    "shown 2",
    "shown 3",
  ]);
});

test.each([
  ["forgets", []],
  ["keeps-silently", []],
  ["shows-again", [131, 132]],
] as const)("a cuff that %s what was confirmed shows this much the next time", async (afterConfirmation, again) => {
  const stage = cuffWith([131, 132], { afterConfirmation });
  const client = await stage.connect();
  expect(await dumped(client)).toEqual([131, 132]);
  expect(await dumpedAgain(stage, client)).toEqual(again);
  expect(stage.events.filter(({ event }) => event === "shown")).toHaveLength(2);
});

test("a record that was taken but not confirmed is shown again, and the journal waits for it", async () => {
  const stage = cuffWith([131, 132, 133], { afterConfirmation: "forgets" });
  const client = await stage.connect();
  await client.subscribe("2A35");
  expect(systolicOf((await client.next("2A35")) ?? new Uint8Array())).toBe(131);
  expect(systolicOf((await client.next("2A35")) ?? new Uint8Array())).toBe(132);
  expect(stage.events.filter(({ event }) => event === "shown")).toHaveLength(1);
  expect(await dumpedAgain(stage, client)).toEqual([132, 133]);
});

test("a link that is lost between a value and its confirmation costs nothing", async () => {
  const stage = cuffWith([131, 132, 133], { afterConfirmation: "forgets" });
  stage.air.command({ type: "cut-transfer", address: testIdentity.address, afterValues: 1, before: "confirmation" });
  const client = await stage.connect();
  await client.subscribe("2A35");
  await client.next("2A35");
  await client.next("2A35");
  await expect(client.next("2A35")).rejects.toMatchObject({ code: "link-lost" });
  expect(await dumpedAgain(stage, client)).toEqual([132, 133]);
});

test("whoever is subscribed gets a new record at once", async () => {
  const stage = cuffWith([131]);
  const client = await stage.connect();
  expect(await dumped(client)).toEqual([131]);
  stage.device.measure(sample(140));
  expect((await client.all("2A35")).map(systolicOf)).toEqual([140]);
});

test("a client that never confirms loses the link after thirty seconds", async () => {
  const stage = cuffWith([131, 132]);
  const client = await stage.connect();
  await client.subscribe("2A35");
  await client.next("2A35");
  await stage.clock.advance(30_000);
  await expect(client.read("2A24")).rejects.toMatchObject({ code: "link-lost" });
});

test("the oldest record gives way when the memory is full", async () => {
  const stage = cuffWith([131, 132, 133, 134], { memoryRecordsMax: 2 });
  expect(await dumped(await stage.connect())).toEqual([133, 134]);
});

test("a record has what the display showed, whose slot it is, and when", async () => {
  const stage = cuffWith([]);
  stage.device.measure(sample(131.4, { userSlot: 2, irregularPulse: true, bodyMovement: true }));
  const client = await stage.connect();
  await client.subscribe("2A35");
  const { timestamp, ...frame } = decoded(await client.next("2A35"));
  expect(frame).toEqual({
    unit: "mmHg",
    systolic: { mantissa: 131, exponent: 0 },
    diastolic: { mantissa: 80, exponent: 0 },
    meanArterialPressure: { mantissa: 97, exponent: 0 },
    pulseRate: { mantissa: 70, exponent: 0 },
    userId: 2,
    status: 0b101,
  });
  expect(timestamp === null || timestamp === "invalid" ? timestamp : dateTimeText(timestamp)).toBe(
    "2026-03-01T08:00:00",
  );
});

interface Oddity {
  readonly format?: Partial<BloodPressureCuffOptions["format"]>;
  readonly arm?: Partial<BloodPressureSample>;
  readonly expected: Partial<BloodPressureFrame>;
}

test.each<[string, Oddity]>([
  ["kPa", { format: { unit: "kPa" }, expected: { unit: "kPa", systolic: { mantissa: 173, exponent: -1 } } }],
  ["a mean of NaN", { format: { mean: "nan" }, expected: { meanArterialPressure: "nan" } }],
  ["a mean of zero", { format: { mean: "zero" }, expected: { meanArterialPressure: { mantissa: 0, exponent: 0 } } }],
  ["an unknown user", { arm: { userSlot: null }, expected: { userId: 255 } }],
  ["no clock", { format: { sendsTimestamp: false }, expected: { timestamp: null } }],
  [
    "no pulse, user or status",
    {
      format: { sendsPulse: false, sendsUser: false, sendsStatus: false },
      expected: { pulseRate: null, userId: null, status: null },
    },
  ],
  ["a failure", { arm: { fault: true }, expected: { systolic: "nan", diastolic: "nan", pulseRate: "nan" } }],
])("shows %s", async (_, { format, arm, expected }) => {
  const stage = cuffWith([], { format: { ...defaultBloodPressureFormat, ...format } });
  stage.device.measure(sample(130, arm));
  const client = await stage.connect();
  await client.subscribe("2A35");
  expect(decoded(await client.next("2A35"))).toMatchObject(expected);
});

test("a frame that the firmware spoilt is no showing of its record", async () => {
  const stage = cuffWith([131, 132], { afterConfirmation: "shows-again" });
  stage.device.garbler.garbleNext("truncated", 1);
  const client = await stage.connect();
  await client.subscribe("2A35");
  const [spoilt, whole] = await client.all("2A35");
  expect(decodeBloodPressureMeasurement(spoilt ?? new Uint8Array())).toMatchObject({ ok: false });
  expect(decodeBloodPressureMeasurement(whole ?? new Uint8Array())).toMatchObject({ ok: true });
  await dumpedAgain(stage, client);
  const shown = stage.events.filter(({ event }) => event === "shown").map(({ record, kind }) => `${kind} ${record}`);
  expect(shown).toEqual(["garbage 1", "reading 2", "reading 1"]);
});

test("the layout of the BM85 is spoken too", async () => {
  const stage = cuffWith([], { format: { ...defaultBloodPressureFormat, layout: "beurer-bm85" } });
  stage.device.measure(sample(130));
  const client = await stage.connect();
  await client.subscribe("2A35");
  const frame = decodeBloodPressureMeasurement((await client.next("2A35")) ?? new Uint8Array(), "beurer-bm85");
  expect(frame).toMatchObject({ ok: true, value: { pulseRate: { mantissa: 70 }, userId: 1 } });
});

test("a cuff of version 1.1 dumps nothing, and reports its records in segments", async () => {
  const stage = cuffWith([131, 132], { recordAccess: {} });
  const client = await stage.connect();
  expect(await dumped(client)).toEqual([]);
  await client.subscribe("2B36", "2A52");
  const answer = await client.ask({ opCode: RacpOpCode.reportStoredRecords, operator: RacpOperator.allRecords });
  expect(answer).toMatchObject({ responseCode: 1 });
  const segments = (await client.all("2B36")).flatMap((bytes) => {
    const segment = decodeRecordSegment(bytes);
    return segment.ok ? [segment.value] : [];
  });
  expect(segments.map(({ sequenceNumber }) => sequenceNumber)).toEqual([1, 1, 2, 2]);
  const record = joinRecordSegments(segments.slice(2));
  const frame = record.ok ? decodeEnhancedBloodPressure(record.value.data) : record;
  expect(frame).toMatchObject({ ok: true, value: { systolic: { mantissa: 132 }, userId: 1, epoch: 2000 } });
  expect(stage.events.filter(({ event }) => event === "shown")).toHaveLength(2);
});
