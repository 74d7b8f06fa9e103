import { expect, test } from "vitest";
import {
  type RacpFilter,
  RacpOpCode,
  RacpOperator,
  type RacpRequest,
  RacpResponseCode,
} from "../../../device-drivers/kit/racp.ts";
import { decodeGlucoseMeasurement } from "../../../device-drivers/profiles/glucose/measurement-codec.ts";
import { GlucoseMeter, plainGlucoseMeter } from "../../../simulators/peripherals/glucose-meter.ts";
import { type RecordAccessOptions, withoutDelta } from "../../../simulators/peripherals/record-access-server.ts";
import { attErrors } from "../../../simulators/peripherals/virtual-peripheral.ts";
import { type DeviceClient, type DeviceStage, stageDevice, testIdentity } from "./device-client.ts";

interface MeterStage extends DeviceStage<GlucoseMeter> {
  readonly client: DeviceClient;
}

/** A meter with so many records, an hour apart from 08:00 on, and a client that is subscribed. */
async function meterWith(records: number, recordAccess: Partial<RecordAccessOptions> = {}): Promise<MeterStage> {
  const stage = stageDevice(
    (ports) => new GlucoseMeter(ports, { ...plainGlucoseMeter, identity: testIdentity, recordAccess }),
  );
  for (let record = 0; record < records; record += 1) {
    if (record > 0) await stage.clock.advance(3_600_000);
    stage.device.measure({
      person: "sim-0001",
      mgPerDl: 100 + record,
      fluid: "blood",
      meal: null,
      carbohydrateG: null,
      fault: null,
    });
  }
  stage.device.wake();
  const client = await stage.connect();
  await client.subscribe("2A18", "2A34", "2A52");
  return { ...stage, client };
}

const report = RacpOpCode.reportStoredRecords;
const countOf = RacpOpCode.reportNumberOfStoredRecords;
const sequence = (minimum?: number, maximum?: number): RacpFilter => ({
  type: "sequence-number",
  ...(minimum === undefined ? {} : { minimum }),
  ...(maximum === undefined ? {} : { maximum }),
});
const at = (
  hours: number,
): { year: number; month: number; day: number; hours: number; minutes: number; seconds: number } => ({
  year: 2026,
  month: 3,
  day: 1,
  hours,
  minutes: 0,
  seconds: 0,
});

async function reported(client: DeviceClient): Promise<readonly number[]> {
  const frames = await client.all("2A18", 100);
  return frames.map((frame) => {
    const decoded = decodeGlucoseMeasurement(frame);
    if (!decoded.ok) throw new Error(decoded.error.reason);
    return decoded.value.sequenceNumber;
  });
}

test.each<[string, Omit<RacpRequest, "opCode">, readonly number[]]>([
  ["all records", { operator: RacpOperator.allRecords }, [1, 2, 3, 4, 5]],
  ["the first", { operator: RacpOperator.firstRecord }, [1]],
  ["the last", { operator: RacpOperator.lastRecord }, [5]],
  ["from a number on", { operator: RacpOperator.greaterThanOrEqual, filter: sequence(4) }, [4, 5]],
  ["up to a number", { operator: RacpOperator.lessThanOrEqual, filter: sequence(undefined, 2) }, [1, 2]],
  ["within numbers", { operator: RacpOperator.withinRange, filter: sequence(2, 4) }, [2, 3, 4]],
  [
    "from a time on",
    { operator: RacpOperator.greaterThanOrEqual, filter: { type: "user-facing-time", minimum: at(11) } },
    [4, 5],
  ],
  [
    "within times",
    { operator: RacpOperator.withinRange, filter: { type: "user-facing-time", minimum: at(9), maximum: at(10) } },
    [2, 3],
  ],
])("reports and counts %s", async (_, asked, expected) => {
  const { client } = await meterWith(5);
  const filter = asked.filter === undefined ? {} : { filter: asked.filter };
  expect(await client.ask({ opCode: countOf, operator: asked.operator, ...filter })).toEqual({
    type: "number-of-records",
    count: expected.length,
  });
  const answer = await client.ask({ opCode: report, operator: asked.operator, ...filter });
  expect(answer).toEqual({ type: "response", requestOpCode: report, responseCode: RacpResponseCode.success });
  expect(await reported(client)).toEqual(expected);
});

test("an empty memory has a count of 0 and no records to report", async () => {
  const { client } = await meterWith(0);
  expect(await client.ask({ opCode: countOf, operator: RacpOperator.allRecords })).toMatchObject({ count: 0 });
  expect(await client.ask({ opCode: report, operator: RacpOperator.allRecords })).toMatchObject({
    responseCode: RacpResponseCode.noRecordsFound,
  });
});

test("delete deletes, and is remembered, so that a test can prove that nobody sends it", async () => {
  const { client, device } = await meterWith(3);
  expect(device.recordAccess.requests).toEqual([]);
  const deletion: RacpRequest = {
    opCode: RacpOpCode.deleteStoredRecords,
    operator: RacpOperator.lessThanOrEqual,
    filter: { type: "sequence-number", maximum: 2 },
  };
  expect(await client.ask(deletion)).toMatchObject({ responseCode: RacpResponseCode.success });
  expect(await client.ask({ opCode: countOf, operator: RacpOperator.allRecords })).toMatchObject({ count: 1 });
  expect(device.recordAccess.requests[0]).toEqual(deletion);
});

test.each<[string, readonly number[], number]>([
  ["an unknown op code", [0x2a, 0x01], RacpResponseCode.opCodeNotSupported],
  ["an operator that is none", [0x01, 0x09], RacpResponseCode.invalidOperator],
  ["a superfluous operand, as real meters do", [0x04, 0x01, 0x00], RacpResponseCode.invalidOperand],
  ["an operand that is too short", [0x01, 0x03, 0x01, 0x05], RacpResponseCode.invalidOperand],
  ["a range that ends before it begins", [0x01, 0x04, 0x01, 5, 0, 2, 0], RacpResponseCode.invalidOperand],
])("refuses %s", async (_, bytes, responseCode) => {
  const { client } = await meterWith(2);
  expect(await client.askBytes(Uint8Array.from(bytes))).toEqual({
    type: "response",
    requestOpCode: bytes[0],
    responseCode,
  });
});

test("a model without delta knows all and the last, and says so of the rest", async () => {
  const { client } = await meterWith(3, withoutDelta);
  const delta: RacpRequest = {
    opCode: report,
    operator: RacpOperator.greaterThanOrEqual,
    filter: { type: "sequence-number", minimum: 2 },
  };
  expect(await client.ask(delta)).toMatchObject({ responseCode: RacpResponseCode.operatorNotSupported });
  await client.ask({ opCode: report, operator: RacpOperator.lastRecord });
  expect(await reported(client)).toEqual([3]);
});

test("a model may know no count, or no filter by time", async () => {
  const { client } = await meterWith(3, { opCodes: [report], filters: ["sequence-number"] });
  expect(await client.ask({ opCode: countOf, operator: RacpOperator.allRecords })).toMatchObject({
    responseCode: RacpResponseCode.opCodeNotSupported,
  });
  const byTime: RacpRequest = {
    opCode: report,
    operator: RacpOperator.greaterThanOrEqual,
    filter: { type: "user-facing-time", minimum: at(9) },
  };
  expect(await client.ask(byTime)).toMatchObject({ responseCode: RacpResponseCode.operandNotSupported });
});

test("a busy server says so as often as it was told to, and then serves", async () => {
  const { client } = await meterWith(1, { busyRequests: 2 });
  const all: RacpRequest = { opCode: report, operator: RacpOperator.allRecords };
  expect(await client.ask(all)).toMatchObject({ responseCode: RacpResponseCode.serverBusy });
  expect(await client.ask(all)).toMatchObject({ responseCode: RacpResponseCode.serverBusy });
  expect(await client.ask(all)).toMatchObject({ responseCode: RacpResponseCode.success });
});

test.each([
  ["of-the-service", attErrors.cccdImproperlyConfigured, attErrors.procedureAlreadyInProgress],
  ["common", attErrors.commonCccdImproperlyConfigured, attErrors.commonProcedureAlreadyInProgress],
] as const)("refuses writes out of order with the codes %s", async (errorCodes, unconfigured, inProgress) => {
  const stage = await meterWith(5, { errorCodes, recordIntervalMs: 1_000 });
  const all = Uint8Array.of(report, RacpOperator.allRecords);
  await stage.client.write("2A52", all);
  await expect(stage.client.write("2A52", all)).rejects.toMatchObject({ context: { attError: inProgress } });
  await stage.client.link.close();
  const early = await stage.connect();
  await expect(early.write("2A52", all)).rejects.toMatchObject({ context: { attError: unconfigured } });
  await early.subscribe("2A52");
  await expect(early.write("2A52", all)).rejects.toMatchObject({ context: { attError: unconfigured } });
  await early.subscribe("2A18");
  await expect(early.write("2A52", all)).resolves.toBeUndefined();
});

test("abort ends a report, whose own answer never comes, and is answered itself", async () => {
  const { client } = await meterWith(5, { recordIntervalMs: 1_000 });
  await client.write("2A52", Uint8Array.of(report, RacpOperator.allRecords));
  expect(await client.next("2A18")).not.toBeNull();
  const answer = await client.ask({ opCode: RacpOpCode.abortOperation, operator: RacpOperator.null });
  expect(answer).toMatchObject({ requestOpCode: RacpOpCode.abortOperation, responseCode: RacpResponseCode.success });
  expect(await client.next("2A52", 60_000)).toBeNull();
  expect((await reported(client)).length).toBeLessThan(4);
});

test("a report that is broken off with an answer has shown what it had shown", async () => {
  const { client, device } = await meterWith(5);
  device.interruptNextReport({ type: "procedure-not-completed", afterRecords: 2 });
  expect(await client.ask({ opCode: report, operator: RacpOperator.allRecords })).toMatchObject({
    responseCode: RacpResponseCode.procedureNotCompleted,
  });
  expect(await reported(client)).toEqual([1, 2]);
});

test("a report that is broken off silently has shown what it had shown, and the next goes well", async () => {
  const { client, device } = await meterWith(5);
  device.interruptNextReport({ type: "silence", afterRecords: 2 });
  expect(await client.ask({ opCode: report, operator: RacpOperator.allRecords })).toBeNull();
  expect(await reported(client)).toEqual([1, 2]);
  await client.ask({ opCode: report, operator: RacpOperator.allRecords });
  expect(await reported(client)).toHaveLength(5);
});

test("a report that is broken off by hanging up loses the link", async () => {
  const { client, device } = await meterWith(5);
  device.interruptNextReport({ type: "hang-up", afterRecords: 3 });
  await client.write("2A52", Uint8Array.of(report, RacpOperator.allRecords));
  for (let record = 0; record < 3; record += 1) expect(await client.next("2A18")).not.toBeNull();
  await expect(client.next("2A18")).rejects.toMatchObject({ code: "link-lost" });
});

test("a combined report ends with the number of its records, and a model may end with a code of its own", async () => {
  const combined = await meterWith(2);
  expect(await combined.client.ask({ opCode: RacpOpCode.combinedReport, operator: RacpOperator.allRecords })).toEqual({
    type: "combined-report",
    count: 2,
  });
  const odd = await meterWith(2, { doneCode: 0 });
  expect(await odd.client.ask({ opCode: report, operator: RacpOperator.allRecords })).toMatchObject({
    responseCode: 0,
  });
});
