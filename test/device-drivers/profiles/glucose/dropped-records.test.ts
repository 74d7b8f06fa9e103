import { expect, test } from "vitest";
import { allRequest, count, countRequest, done, from, measurementLine, newestRequest } from "../../glucose-lines.ts";
import { collect, knownUpTo, meter, numbers } from "../../glucose-rig.ts";
import { lines } from "../../scripted-device.ts";

test("a record that was dropped on the way is asked for once more, from its number on where the meter can", async () => {
  const whole = lines(measurementLine(7), measurementLine(8), measurementLine(9), done);
  const delta = meter({
    [from(7)]: lines(measurementLine(7), measurementLine(9), done),
    [from(8)]: lines(measurementLine(8), measurementLine(9), done),
    [newestRequest]: lines(measurementLine(9), done),
  });
  expect(numbers(await collect(delta, { history: knownUpTo(7) }))).toEqual([7, 9, 8, 9]);
  const all = meter({ [allRequest]: [lines(measurementLine(7), measurementLine(9), done), whole] });
  expect(numbers(await collect(all))).toEqual([7, 9, 7, 8, 9]);
});

test("a record that does not come at all is told, and so is one that was dropped before the link was lost", async () => {
  const missing = { type: "incomplete", sequenceNumber: 8, frames: [] };
  const deleted = meter({ [allRequest]: lines(measurementLine(7), measurementLine(9), done) });
  const outcome = await collect(deleted);
  expect(outcome.observed.at(-1)).toMatchObject(missing);
  expect(outcome.error).toBeNull();
  const lost = meter({ [allRequest]: lines(measurementLine(7), measurementLine(9), "hang up") });
  expect((await collect(lost)).observed.at(-1)).toMatchObject(missing);
});

test("a first record that was dropped is found out by the count, asked for once more, and told if it does not come", async () => {
  const whole = lines(measurementLine(7), measurementLine(8), done);
  const short = lines(measurementLine(8), done);
  const once = meter({ [countRequest]: count(2), [allRequest]: [short, whole] });
  expect(numbers(await collect(once))).toEqual([8, 7, 8]);
  const never = meter({ [countRequest]: count(2), [allRequest]: short });
  const outcome = await collect(never);
  expect(numbers(outcome)).toEqual([8]);
  expect(never.requests).toEqual(["0401", "0101", "0101"]);
  expect(outcome.observed.at(-1)).toMatchObject({ type: "incomplete", sequenceNumber: 7, frames: [] });
});

test("a report that is shorter than the count for a good reason is taken as it is", async () => {
  const noon = { year: 2026, month: 5, day: 20, hours: 12, minutes: 0, seconds: 0 };
  const sameNumber = [measurementLine(3), measurementLine(3, { baseTime: noon })];
  const restarted = meter({ [countRequest]: count(2), [allRequest]: lines(...sameNumber, done) });
  const unreadable = meter({ [countRequest]: count(2), [allRequest]: lines(measurementLine(3), "2A18 00", done) });
  await collect(restarted);
  await collect(unreadable);
  expect([restarted.requests, unreadable.requests]).toEqual([
    ["0401", "0101"],
    ["0401", "0101"],
  ]);
});

test("neither a leap of the counter nor a hole that was there before counts as missing", async () => {
  const leap = meter({ [allRequest]: lines(measurementLine(7), measurementLine(300), done) });
  await collect(leap);
  const before = meter({ [allRequest]: lines(measurementLine(5), measurementLine(7), measurementLine(8), done) });
  await collect(before, { history: knownUpTo(7), quirks: { deltaUnsupported: true } });
  expect([leap.requests, before.requests]).toEqual([
    ["0401", "0101"],
    ["0401", "0101"],
  ]);
});
