import { expect, test } from "vitest";
import { HighWaterMark, type Mark } from "../../../gateway/collect/high-water-mark.ts";
import { dateTimeText } from "../../../device-drivers/measurement/device-time.ts";
import { deviceTime } from "./measurement-samples.ts";

const none: Mark = { lastSequenceNumber: null, lastDeviceTime: null };
const at = (sequenceNumber: number): Mark => ({ lastSequenceNumber: sequenceNumber, lastDeviceTime: null });
const record = (sequenceNumber: number | null) => ({ sequenceNumber, deviceTime: null });

const heardOut = { wasHeardOut: true, counterWasReset: false };
const brokenOff = { wasHeardOut: false, counterWasReset: false };

function session(before: Mark, numbers: readonly number[], outcome: "stored" | "known" = "stored"): HighWaterMark {
  const mark = new HighWaterMark(before);
  for (const number of numbers) mark.passed(record(number), outcome);
  return mark;
}

test("the mark moves to the last record, with its device time", () => {
  const mark = new HighWaterMark(none);
  mark.passed({ sequenceNumber: 3, deviceTime: deviceTime("2026-03-01T10:00:00") }, "stored");
  expect(mark.after(heardOut)).toEqual({ lastSequenceNumber: 3, lastDeviceTime: "2026-03-01T10:00:00" });
  expect(dateTimeText(deviceTime("2026-03-01T10:00:00"))).toBe("2026-03-01T10:00:00");
});

test("records without a number, or none at all, move nothing", () => {
  expect(new HighWaterMark(at(5)).after(heardOut)).toBeNull();
  const mark = new HighWaterMark(none);
  mark.passed(record(null), "stored");
  expect(mark.after(heardOut)).toBeNull();
});

test("a session that broke off moves the mark as far as it came, if the numbers ascended", () => {
  expect(session(at(5), [6, 7, 8]).after(brokenOff)).toEqual(at(8));
  expect(session(at(5), [9, 8, 7]).after(brokenOff)).toBeNull();
  expect(session(at(5), [9, 8, 7]).after(heardOut)).toEqual(at(9));
});

test("it says whether the record at the mark has come", () => {
  expect(session(at(5), [5, 6], "known").beganAtMark).toBe(true);
  expect(session(at(5), [6, 7]).beganAtMark).toBe(false);
  expect(session(none, [1, 2]).beganAtMark).toBe(false);
});

test("an incomplete record holds the mark back below it", () => {
  const mark = session(at(5), [6, 7]);
  mark.heldBackBy(8);
  mark.passed(record(9), "stored");
  expect(mark.after(heardOut)).toEqual(at(7));
  const first = new HighWaterMark(at(5));
  first.heldBackBy(6);
  first.passed(record(7), "stored");
  expect(first.after(heardOut)).toBeNull();
  const descending = session(none, [9]);
  descending.heldBackBy(4);
  expect(descending.after(heardOut)).toBeNull();
});

test("a re-read of what is known below the mark takes the mark nowhere", () => {
  expect(session(at(50), [1, 2, 3], "known").after(brokenOff)).toBeNull();
  expect(session(at(50), [1, 2, 50], "known").after(heardOut)).toBeNull();
});

test("a counter that started again takes the mark back", () => {
  expect(session(at(50), [1, 2]).after({ wasHeardOut: true, counterWasReset: true })).toEqual(at(2));
  // Broken off, nobody said so; but records that are new below the mark say it.
  expect(session(at(50), [1, 2]).after(brokenOff)).toEqual(at(2));
});
