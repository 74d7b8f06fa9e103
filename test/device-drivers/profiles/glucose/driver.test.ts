import { expect, test } from "vitest";
import { toHex } from "../../../../device-drivers/kit/hex.ts";
import type { Outcome } from "../../collecting.ts";
import {
  allRequest,
  contextLine,
  count,
  countRequest,
  done,
  from,
  measurementLine,
  newestRequest,
  noRecords,
} from "../../glucose-lines.ts";
import { collect, knownUpTo, meter, numbers } from "../../glucose-rig.ts";
import { declare, lines, ScriptedDevice } from "../../scripted-device.ts";

test("a meter is subscribed to with the control point last, counted, and asked for all its records", async () => {
  const device = meter({ [countRequest]: count(2), [allRequest]: lines(measurementLine(1), measurementLine(2), done) });
  const outcome = await collect(device);
  expect(device.heard).toEqual([
    "on 2A18",
    "on 2A34",
    "on 2A52",
    "write 2A52 0401",
    "write 2A52 0101",
    "off 2A18",
    "off 2A34",
    "off 2A52",
  ]);
  expect(outcome.observed[0]).toEqual({ type: "expected", records: 2 });
  expect(numbers(outcome)).toEqual([1, 2]);
  expect(outcome.end).toEqual({ records: 2, counterWasReset: false });
});

test("a meter whose last record is known is asked from this record on", async () => {
  const device = meter({
    [countRequest]: count(9),
    [from(7)]: lines(measurementLine(7), measurementLine(8), measurementLine(9), done),
    [newestRequest]: lines(measurementLine(9), done),
  });
  const outcome = await collect(device, { history: knownUpTo(7) });
  expect(device.requests).toEqual(["0401", "0103010700", "0106"]);
  expect(numbers(outcome)).toEqual([7, 8, 9]);
  expect(outcome.end?.counterWasReset).toBe(false);
});

test("a meter that forgot the last known record is asked for all, and tells by lower numbers that it was reset", async () => {
  const device = meter({
    [countRequest]: count(2),
    [from(7)]: noRecords,
    [allRequest]: lines(measurementLine(1), measurementLine(2), done),
  });
  const outcome = await collect(device, { history: knownUpTo(7) });
  expect(numbers(outcome)).toEqual([1, 2]);
  expect(outcome.end).toEqual({ records: 2, counterWasReset: true });
});

test("a counter that was reset and has passed the old number again is found out by the time of the known record", async () => {
  const other = { year: 2026, month: 6, day: 1, hours: 9, minutes: 0, seconds: 0 };
  const device = meter({
    [from(2)]: lines(measurementLine(2, { baseTime: other }), measurementLine(3), done),
    [allRequest]: lines(measurementLine(1), measurementLine(2, { baseTime: other }), measurementLine(3), done),
  });
  const outcome = await collect(device, { history: knownUpTo(2) });
  expect(device.requests).toEqual(["0401", "0103010200", "0101"]);
  expect(new Set(numbers(outcome))).toEqual(new Set([1, 2, 3]));
  expect(outcome.end?.counterWasReset).toBe(true);
});

test("a counter that began anew while the old records stayed is found out by the newest record", async () => {
  const device = meter({
    [from(7)]: lines(measurementLine(7), done),
    [newestRequest]: lines(measurementLine(1), done),
    [allRequest]: lines(measurementLine(6), measurementLine(7), measurementLine(0), measurementLine(1), done),
  });
  const outcome = await collect(device, { history: knownUpTo(7) });
  expect(device.requests).toEqual(["0401", "0103010700", "0106", "0101"]);
  expect(new Set(numbers(outcome))).toEqual(new Set([7, 1, 6, 0]));
  expect(outcome.end?.counterWasReset).toBe(true);
});

test("a meter that cannot show its newest record alone is asked for all, because nothing else is certain", async () => {
  const device = meter({
    [from(7)]: lines(measurementLine(7), done),
    [allRequest]: lines(measurementLine(6), measurementLine(7), done),
  });
  const outcome = await collect(device, { history: knownUpTo(7) });
  expect(device.requests).toEqual(["0401", "0103010700", "0106", "0101"]);
  expect(outcome.end?.counterWasReset).toBe(false);
});

test("a memory that has wrapped over the last known record is read whole, and is no reset", async () => {
  const device = meter({
    [from(7)]: lines(measurementLine(21), measurementLine(22), done),
    [allRequest]: lines(measurementLine(21), measurementLine(22), done),
  });
  const outcome = await collect(device, { history: knownUpTo(7) });
  expect(device.requests).toEqual(["0401", "0103010700", "0101"]);
  expect(outcome.end?.counterWasReset).toBe(false);
});

test("a meter that was emptied ends without records and without a reset", async () => {
  const device = meter({ [countRequest]: count(0) });
  const outcome = await collect(device, { history: knownUpTo(7) });
  expect(device.requests).toEqual(["0401"]);
  expect(outcome.end).toEqual({ records: 0, counterWasReset: false });
});

test("near the end of the 16-bit counter all records are asked for, because it may have begun again", async () => {
  const device = meter({ [allRequest]: lines(measurementLine(65_535), measurementLine(0), done) });
  const outcome = await collect(device, { history: knownUpTo(65_535) });
  expect(device.requests).toEqual(["0401", "0101"]);
  expect(numbers(outcome)).toEqual([65_535, 0]);
  expect(outcome.end?.counterWasReset).toBe(false);
});

test("a meter that cannot report from a number on is asked for all, by its word or by its quirk", async () => {
  const all = lines(measurementLine(7), measurementLine(8), done);
  const byWord = meter({ [allRequest]: all });
  expect(numbers(await collect(byWord, { history: knownUpTo(7) }))).toEqual([7, 8]);
  const byQuirk = meter({ [allRequest]: all });
  expect(numbers(await collect(byQuirk, { history: knownUpTo(7), quirks: { deltaUnsupported: true } }))).toEqual([
    7, 8,
  ]);
  expect([byWord.requests, byQuirk.requests]).toEqual([
    ["0401", "0103010700", "0101"],
    ["0401", "0101"],
  ]);
});

test("a meter that counts backwards is read whole and never taken for reset", async () => {
  const device = meter({ [allRequest]: lines(measurementLine(0), measurementLine(1), done) });
  const outcome = await collect(device, { history: knownUpTo(7), quirks: { sequenceReversed: true } });
  expect(device.requests).toEqual(["0401", "0101"]);
  expect(outcome.end).toEqual({ records: 2, counterWasReset: false });
});

test("a record waits for the context that it announces, and later records wait behind it", async () => {
  const following = { contextFollows: true };
  const device = meter({
    [allRequest]: lines(
      measurementLine(1, following),
      measurementLine(2),
      measurementLine(3, following),
      contextLine(3),
      contextLine(1, 3),
      done,
    ),
  });
  const outcome = await collect(device);
  expect(contexts(outcome)).toEqual([
    [1, "fasting"],
    [2, null],
    [3, "preprandial"],
  ]);
});

test("a context that comes before its measurement, or after the meter has said that it is done, is joined", async () => {
  const following = { contextFollows: true };
  const device = meter({
    [allRequest]: lines(
      contextLine(1, 2),
      measurementLine(1, following),
      measurementLine(2, following),
      done,
      contextLine(2),
    ),
  });
  const outcome = await collect(device);
  expect(contexts(outcome)).toEqual([
    [1, "postprandial"],
    [2, "preprandial"],
  ]);
  expect(outcome.measurements.map((measurement) => measurement.frames.map((frame) => frame.characteristic))).toEqual([
    ["2A34", "2A18"],
    ["2A18", "2A34"],
  ]);
});

test("a context that does not come is told as missing after the grace, and one without a measurement is set aside", async () => {
  const device = meter({
    [allRequest]: lines(measurementLine(1, { contextFollows: true }), contextLine(5), done),
  });
  const outcome = await collect(device);
  expect(outcome.measurements).toMatchObject([{ sequenceNumber: 1, context: null, contextMissing: true }]);
  expect(outcome.observed).toContainEqual(
    expect.objectContaining({ type: "undecodable", reason: expect.stringContaining("record 5") }),
  );
  expect(outcome.end).toEqual({ records: 2, counterWasReset: false });
});

test("a meter without contexts, or that refuses them, is read all the same", async () => {
  const reaction = { [allRequest]: lines(measurementLine(1, { contextFollows: true }), done) };
  const without = new ScriptedDevice(declare("1808/2A18 notify", "1808/2A52 write,indicate"), { on: reaction });
  expect((await collect(without)).measurements).toMatchObject([{ sequenceNumber: 1, contextMissing: false }]);
  const refusing = meter({ "on 2A34": "refuse 0E", ...reaction });
  expect((await collect(refusing)).measurements).toMatchObject([{ sequenceNumber: 1, contextMissing: true }]);
});

test("a frame that comes twice in a row is yielded once", async () => {
  const following = measurementLine(1, { contextFollows: true });
  const device = meter({
    [allRequest]: lines(following, following, measurementLine(2), contextLine(1), contextLine(1), done),
  });
  const outcome = await collect(device);
  expect(numbers(outcome)).toEqual([1, 2]);
  expect(outcome.end?.records).toBe(2);
});

test("when the link is lost, all that arrived is yielded before the error", async () => {
  const device = meter({
    [allRequest]: lines(
      measurementLine(1),
      measurementLine(2, { contextFollows: true }),
      measurementLine(3),
      "hang up",
    ),
  });
  const outcome = await collect(device);
  expect(outcome.measurements).toMatchObject([
    { sequenceNumber: 1, contextMissing: false },
    { sequenceNumber: 2, contextMissing: true },
    { sequenceNumber: 3, contextMissing: false },
  ]);
  expect(outcome.error).toMatchObject({ code: "link-lost" });
});

test("a frame that breaks its definition is yielded as it is, and the session goes on", async () => {
  const device = meter({
    [allRequest]: lines("2A18 807F", measurementLine(1), "2A34 807F", "2A52 0101", done),
  });
  const outcome = await collect(device);
  const broken = outcome.observed.flatMap((observed) => (observed.type === "undecodable" ? observed.frames : []));
  expect(broken.map(({ characteristic, bytes }) => `${characteristic} ${toHex(bytes)}`).toSorted()).toEqual([
    "2A18 807F",
    "2A34 807F",
    "2A52 0101",
  ]);
  expect(numbers(outcome)).toEqual([1]);
  expect(outcome.end?.records).toBe(4);
});

test("without its context a record of a meter that also measures ketone is neither, and told to be asked for again", async () => {
  const device = meter({
    [allRequest]: lines(measurementLine(1, { contextFollows: true }), measurementLine(2), done),
  });
  const outcome = await collect(device, { quirks: { ketoneAsMeal6: true } });
  expect(outcome.observed).toMatchObject([
    { type: "incomplete", sequenceNumber: 1 },
    { type: "measurement", measurement: { sequenceNumber: 2, kind: "glucose" } },
  ]);
});

test("records that come before anybody asked are taken", async () => {
  const device = meter({
    "on 2A18": measurementLine(4),
    [allRequest]: lines(measurementLine(5), done),
  });
  expect(numbers(await collect(device))).toEqual([4, 5]);
});

test("a device that lacks what the profile demands is told as unsupported", async () => {
  const device = new ScriptedDevice(declare("1808/2A18 notify"), {});
  expect((await collect(device)).error).toMatchObject({
    code: "unsupported-device",
    context: { characteristic: "2A52" },
  });
});

const contexts = ({ measurements }: Outcome): readonly unknown[] =>
  measurements.flatMap((measurement) =>
    measurement.kind === "blood-pressure" ? [] : [[measurement.sequenceNumber, measurement.context?.meal ?? null]],
  );
