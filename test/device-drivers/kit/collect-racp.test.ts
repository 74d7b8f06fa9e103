import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Inbox } from "../../../device-drivers/kit/inbox.ts";
import { RecordDesk } from "../../../device-drivers/kit/record-desk.ts";
import { encodeRecordRequest, type RecordRequest } from "../../../device-drivers/kit/record-request.ts";
import { glucoseDriver } from "../../../device-drivers/profiles/glucose/driver.ts";
import { collectFrom, connectTo, consume, type BenchOptions, type Outcome } from "../collecting.ts";
import { allRequest, count, countRequest, done, measurementLine, meterTable } from "../glucose-lines.ts";
import { lines, ScriptedDevice, type Script } from "../scripted-device.ts";

test("a meter that cannot count, refuses to, or is silent about it, is asked for its records all the same", async () => {
  const report = { [allRequest]: lines(measurementLine(1), done) };
  const answers = ["2A52 06000402", "2A52 06000408", "refuse 0E", "", "2A52 0500"];
  for (const answer of answers) {
    const outcome = await collect(meter({ [countRequest]: answer, ...report }));
    expect([answer, numbers(outcome), outcome.error]).toEqual([answer, [1], null]);
  }
});

test("a request that nothing at all follows is written once more, and one that was heard is not", async () => {
  const deafAtFirst = meter({ [allRequest]: ["", lines(measurementLine(1), done)] });
  expect(numbers(await collect(deafAtFirst))).toEqual([1]);
  expect(deafAtFirst.requests).toEqual(["0401", "0101", "0101"]);

  const slow = meter({ [allRequest]: [measurementLine(1), "refuse 80"] });
  const outcome = await collect(slow);
  expect(slow.requests).toEqual(["0401", "0101", "0300"]);
  expect(outcome.error).toMatchObject({ code: "procedure-timeout" });
});

test("a count whose second writing is refused is no reason to give up", async () => {
  const device = meter({ [countRequest]: ["", "refuse 0E"], [allRequest]: lines(measurementLine(1), done) });
  expect(numbers(await collect(device))).toEqual([1]);
});

test("a meter that refuses the second writing because it is at work is waited for", async () => {
  const device = meter({ [allRequest]: ["", "refuse FE"] });
  const { clock, session } = await connectTo(device);
  const collection = glucoseDriver.collect(session);
  const first = collection.next();
  await clock.advance(10_000);
  device.send(measurementLine(1), done);
  expect(await clock.runUntil(first)).toMatchObject({ value: { type: "measurement" } });
  expect(await clock.runUntil(collection.next())).toMatchObject({ done: true, value: { records: 1 } });
});

test("a meter that falls silent has failed after the procedure's time, counted from the last that came", async () => {
  const outcome = await collect(meter({ [allRequest]: lines(measurementLine(1), measurementLine(2)) }));
  expect(numbers(outcome)).toEqual([1, 2]);
  expect(outcome.error).toMatchObject({ code: "procedure-timeout", context: { request: "report" } });
  expect(outcome.tookMs).toBeGreaterThanOrEqual(30_000);
  expect(outcome.tookMs).toBeLessThan(32_000);
});

test("the procedure's time starts anew with every frame", async () => {
  const device = meter({ [allRequest]: measurementLine(1) });
  const { clock, session } = await connectTo(device);
  const collection = glucoseDriver.collect(session);
  expect(await clock.runUntil(collection.next())).toMatchObject({ value: { type: "measurement" } });
  for (const sequenceNumber of [2, 3, 4]) {
    const next = collection.next();
    await clock.advance(29_000);
    device.send(measurementLine(sequenceNumber));
    expect(await clock.runUntil(next)).toMatchObject({ value: { measurement: { sequenceNumber } } });
  }
  device.send(done);
  expect(await clock.runUntil(collection.next())).toMatchObject({ done: true, value: { records: 4 } });
});

test("the reserved response code 0 and `no records` end a report well", async () => {
  const agamatrix = await collect(meter({ [allRequest]: lines(measurementLine(1), "2A52 06000100") }));
  expect(agamatrix.end).toEqual({ records: 1, counterWasReset: false });
  const empty = await collect(meter({ [allRequest]: "2A52 06000106" }));
  expect(empty.end).toEqual({ records: 0, counterWasReset: false });
});

test("a report that the meter breaks off is a failure, after what it had sent", async () => {
  const outcome = await collect(meter({ [allRequest]: lines(measurementLine(1), "2A52 06000108") }));
  expect(numbers(outcome)).toEqual([1]);
  expect(outcome.error).toMatchObject({ code: "records-procedure-failed", context: { responseCode: 8 } });
});

test("a meter that cannot even report all its records is told as such", async () => {
  const outcome = await collect(meter({}));
  expect(outcome.error).toMatchObject({ code: "records-procedure-failed" });
});

test("a busy meter is asked again, a few times with growing pauses", async () => {
  const busyOnce = meter({ [allRequest]: ["2A52 0600010A", lines(measurementLine(1), done)] });
  expect(numbers(await collect(busyOnce))).toEqual([1]);

  for (const answer of ["2A52 0600010A", "refuse 80", "refuse FE"]) {
    const outcome = await collect(meter({ [allRequest]: answer }));
    expect([answer, outcome.error]).toEqual([answer, expect.objectContaining({ code: "device-busy" })]);
    expect(outcome.tookMs).toBeLessThan(20_000);
  }
});

test("a meter that misses a subscription is subscribed to once more, and only once", async () => {
  for (const refusal of ["refuse 81", "refuse FD"]) {
    const device = meter({ [countRequest]: [refusal, count(1)], [allRequest]: lines(measurementLine(1), done) });
    expect(numbers(await collect(device))).toEqual([1]);
    expect(device.heard.filter((line) => line === "on 2A52")).toHaveLength(2);
  }
  const device = meter({ [countRequest]: "refuse 81", [allRequest]: "refuse 81" });
  const outcome = await collect(device);
  expect(outcome.error).toMatchObject({ code: "records-procedure-failed", context: { attError: 0x81 } });
});

test("a late answer to the count does not end the report", async () => {
  const device = meter({
    [countRequest]: "",
    [allRequest]: lines(count(1), "2A52 06000402", measurementLine(1), done),
  });
  expect(numbers(await collect(device))).toEqual([1]);
});

test("records that the answer has overtaken are still taken", async () => {
  const device = meter({ [allRequest]: lines(done, measurementLine(1), measurementLine(2)) });
  expect(numbers(await collect(device))).toEqual([1, 2]);
});

test("a device that does not stop sending is cut off", async () => {
  const { session } = await connectTo(meter({}));
  const [records, , controlPoint] = meterTable;
  if (records === undefined || controlPoint === undefined) throw new Error("The table has three characteristics.");
  const endless: Inbox = {
    take: async () => ({ type: "value", characteristic: records, bytes: new Uint8Array(10) }),
    listen: () => {},
    resubscribe: async () => {},
    close: async () => {},
  };
  const desk = new RecordDesk(session, { inbox: endless, controlPoint });
  await expect(consume(desk.rest())).rejects.toMatchObject({ code: "device-floods" });
});

test("on cancellation the meter is told to abort, and what had arrived is yielded before the reason is thrown", async () => {
  const cancelled = new AbortController();
  const device = meter({ [allRequest]: lines(measurementLine(1), measurementLine(2, { contextFollows: true })) });
  const { clock, session } = await connectTo(device, { signal: cancelled.signal });
  const collection = glucoseDriver.collect(session);
  expect(await clock.runUntil(collection.next())).toMatchObject({ value: { measurement: { sequenceNumber: 1 } } });
  const second = collection.next();
  await clock.advance(1_000);
  cancelled.abort(new Error("the gateway stops"));
  expect(await clock.runUntil(second)).toMatchObject({
    value: { measurement: { sequenceNumber: 2, contextMissing: true } },
  });
  await expect(clock.runUntil(collection.next())).rejects.toThrow("the gateway stops");
  expect(device.requests).toEqual(["0401", "0101", "0300"]);
  expect(device.heard.slice(-3)).toEqual(["off 2A18", "off 2A34", "off 2A52"]);
});

test("a consumer that gives up makes the meter abort, unless the meter had said that it is done", async () => {
  const abortOf = async (device: ScriptedDevice): Promise<readonly string[]> => {
    const { clock, session } = await connectTo(device);
    const collection = glucoseDriver.collect(session);
    await clock.runUntil(collection.next());
    await clock.runUntil(collection.return({ records: 0, counterWasReset: false }));
    return device.heard.slice(-4);
  };
  const off = ["off 2A18", "off 2A34", "off 2A52"];
  const running = meter({ [allRequest]: lines(measurementLine(1), measurementLine(2)) });
  expect(await abortOf(running)).toEqual(["write 2A52 0300", ...off]);
  const ended = meter({ [allRequest]: lines(done, measurementLine(1)) });
  expect(await abortOf(ended)).toEqual(["write 2A52 0101", ...off]);
});

test("nothing that a driver can ask for deletes, and no other module of the drivers writes to a control point", () => {
  const requests: readonly RecordRequest[] = [
    { type: "count" },
    { type: "report", records: "all" },
    { type: "report", records: "newest" },
    { type: "report", records: { from: 65_535 } },
    { type: "abort" },
  ];
  expect(requests.map((request) => encodeRecordRequest(request)[0])).toEqual([4, 1, 1, 1, 3]);

  const root = join(import.meta.dirname, "../../../device-drivers");
  const sources = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  const using = (word: RegExp): readonly string[] =>
    sources.filter((path) => word.test(readFileSync(join(root, path), "utf8"))).toSorted();
  expect(using(/\bencodeRacpRequest\b/)).toEqual(["kit/racp.ts", "kit/record-request.ts"]);
  expect(using(/\bdeleteStoredRecords\b/)).toEqual(["kit/racp.ts"]);
  expect(using(/\blink\.write\(/)).toEqual([
    "kit/guarded-link.ts",
    "kit/record-desk.ts",
    "profiles/current-time/observe-clock.ts",
  ]);
});

/** A meter that counts nothing that it could, and answers "op code not supported" to what its script does not name. */
function meter(on: NonNullable<Script["on"]>): ScriptedDevice {
  return new ScriptedDevice(meterTable, {
    on,
    otherwise: (trigger) => {
      const opCode = /^write 2A52 (\w\w)/.exec(trigger)?.[1];
      return opCode === undefined ? "" : `2A52 0600${opCode}02`;
    },
  });
}

const collect = (device: ScriptedDevice, options: BenchOptions = {}): Promise<Outcome> =>
  collectFrom(glucoseDriver, device, options);

const numbers = ({ measurements }: Outcome): readonly (number | null)[] =>
  measurements.map((measurement) => measurement.sequenceNumber);
