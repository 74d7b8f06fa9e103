import { expect, test } from "vitest";
import type { GlucoseContextFrame } from "../../../../device-drivers/profiles/glucose/context-codec.ts";
import { ContextJoiner, type JoinedRecord } from "../../../../device-drivers/profiles/glucose/context-joiner.ts";
import type { RawFrame } from "../../../../device-drivers/measurement/measurement.ts";
import { plainFrame } from "../../glucose-lines.ts";

const waitingMax = 4_096;

test("the oldest record leaves without its context when too many wait", () => {
  const joiner = new ContextJoiner("announced");
  for (let number = 0; number < waitingMax; number += 1) expect(measure(joiner, number)).toEqual([]);
  expect(measure(joiner, waitingMax)).toMatchObject([{ measurement: { sequenceNumber: 0 }, contextMissing: true }]);
  expect(joiner.flush()).toHaveLength(waitingMax);
});

test("the oldest context leaves as an orphan when too many come before their measurements", () => {
  const joiner = new ContextJoiner("announced");
  for (let number = 0; number < waitingMax; number += 1) expect(tell(joiner, number)).toEqual([]);
  expect(tell(joiner, waitingMax)).toMatchObject([{ type: "orphan", sequenceNumber: 0 }]);
  expect(joiner.flush()).toHaveLength(waitingMax);
});

test("a second context before the measurement takes the place of the first, which is kept as an orphan", () => {
  const joiner = new ContextJoiner("announced");
  expect(tell(joiner, 7, 1)).toEqual([]);
  expect(tell(joiner, 7, 2)).toMatchObject([{ type: "orphan", sequenceNumber: 7 }]);
  expect(measure(joiner, 7)).toMatchObject([{ type: "record", context: { meal: 2 }, contextMissing: false }]);
  expect(joiner.flush()).toEqual([]);
});

test("a record that comes again while it waits is ignored, and its namesake of other octets is not", () => {
  const joiner = new ContextJoiner("announced");
  expect([measure(joiner, 7), measure(joiner, 8), measure(joiner, 7)]).toEqual([[], [], []]);
  const other = { ...plainFrame, sequenceNumber: 7, contextFollows: false };
  expect(joiner.measurement(other, { characteristic: "2A18", bytes: Uint8Array.of(99) })).toEqual([]);
  expect(tell(joiner, 7)).toMatchObject([{ measurement: { sequenceNumber: 7 }, contextMissing: false }]);
  expect(tell(joiner, 8)).toMatchObject([
    { measurement: { sequenceNumber: 8 }, contextMissing: false },
    { measurement: { sequenceNumber: 7, contextFollows: false } },
  ]);
});

test("where all wait, a context finds the measurement that announces one, or else any of its number", () => {
  const joiner = new ContextJoiner("all");
  const silent = { ...plainFrame, sequenceNumber: 7, contextFollows: false };
  expect(joiner.measurement(silent, { characteristic: "2A18", bytes: Uint8Array.of(99) })).toEqual([]);
  expect([measure(joiner, 7), tell(joiner, 7, 1), tell(joiner, 7, 2)]).toEqual([[], [], []]);
  expect(joiner.flush()).toMatchObject([
    { measurement: { contextFollows: false }, context: { meal: 2 }, contextMissing: false },
    { measurement: { contextFollows: true }, context: { meal: 1 }, contextMissing: false },
  ]);
});

test("where all wait, no more wait than the bound", () => {
  const joiner = new ContextJoiner("all");
  const silent = (number: number): readonly JoinedRecord[] =>
    joiner.measurement({ ...plainFrame, sequenceNumber: number, contextFollows: false }, frame("2A18", number));
  for (let number = 0; number < waitingMax; number += 1) expect(silent(number)).toEqual([]);
  expect(silent(waitingMax)).toMatchObject([{ measurement: { sequenceNumber: 0 }, contextMissing: false }]);
});

const measure = (joiner: ContextJoiner, sequenceNumber: number): readonly JoinedRecord[] =>
  joiner.measurement({ ...plainFrame, sequenceNumber, contextFollows: true }, frame("2A18", sequenceNumber));

function tell(joiner: ContextJoiner, sequenceNumber: number, meal = 1): readonly JoinedRecord[] {
  const nothing = { extendedFlags: null, carbohydrate: null, testerHealth: null, exercise: null };
  const context: GlucoseContextFrame = { ...nothing, sequenceNumber, meal, medication: null, hba1c: null };
  return joiner.context(context, frame("2A34", sequenceNumber));
}

const frame = (characteristic: string, number: number): RawFrame => ({
  characteristic,
  bytes: Uint8Array.of(number & 0xff, number >> 8),
});
