import { expect, test } from "vitest";
import { compareBooks } from "../../../../gateway/cli/demo/demo-books.ts";
import type { BooksInput, ShownRecord } from "../../../../gateway/cli/demo/demo-books.ts";
import { glucose } from "../sample-readings.ts";

const deviceId = glucose.device.id;

const shown = (record: number, hex: string, kind: ShownRecord["kind"] = "reading"): ShownRecord => ({
  deviceId,
  record,
  hex,
  kind,
});

const reading = (id: string, ...hexes: readonly string[]): BooksInput["sink"][number] => ({
  id,
  device: glucose.device,
  frames: hexes.map((hex) => ({ characteristic: "2A18", hex })),
});

const books = (input: Partial<BooksInput>): ReturnType<typeof compareBooks> =>
  compareBooks({ shown: [], store: { readings: [], quarantined: [] }, settledIds: [], sink: [], ...input });

test("where each record became one reading, nothing is lost and nothing doubled", () => {
  const readings = [reading("a", "01"), reading("b", "02", "C2")];
  const records = [shown(1, "01"), shown(2, "02"), shown(2, "C2", "context")];
  expect(
    books({ shown: records, store: { readings, quarantined: [] }, settledIds: ["a", "b"], sink: readings }),
  ).toEqual({ shown: 2, lost: 0, doubled: 0 });
});

test("a record of which nothing is left is lost", () => {
  expect(books({ shown: [shown(1, "01")] })).toEqual({ shown: 1, lost: 1, doubled: 0 });
});

test("a reading that the gateway let go of and the sink does not have is lost", () => {
  const readings = [reading("a", "01")];
  const input = { shown: [shown(1, "01")], store: { readings, quarantined: [] }, settledIds: ["a"] };
  expect(books(input)).toEqual({ shown: 1, lost: 1, doubled: 0 });
});

test("a reading that is held, or still on its way, is not lost", () => {
  const readings = [reading("a", "01")];
  expect(books({ shown: [shown(1, "01")], store: { readings, quarantined: [] } }).lost).toBe(0);
});

test("a record that was set aside, whole, is not lost", () => {
  const quarantined = [{ deviceId, frames: [{ hex: "01" }] }];
  expect(books({ shown: [shown(1, "01", "fault")], store: { readings: [], quarantined } }).lost).toBe(0);
});

test("two readings of one record are doubled, in the store or in the sink", () => {
  const twice = [reading("a", "01"), reading("b", "01")];
  expect(books({ shown: [shown(1, "01")], sink: twice })).toEqual({ shown: 1, lost: 0, doubled: 1 });
  expect(books({ shown: [shown(1, "01")], store: { readings: twice, quarantined: [] } }).doubled).toBe(1);
});

test("two records that are alike in every octet make two readings, and one record that is shown twice makes one", () => {
  const alike = [shown(1, "01"), shown(2, "01")];
  expect(books({ shown: alike, sink: [reading("a", "01"), reading("b", "01")] })).toEqual({
    shown: 2,
    lost: 0,
    doubled: 0,
  });
  expect(books({ shown: alike, sink: [reading("a", "01")] }).lost).toBe(1);
  expect(books({ shown: [shown(1, "01"), shown(1, "01")], sink: [reading("a", "01")] })).toMatchObject({
    shown: 1,
    lost: 0,
  });
});

test("the same octets of another device are another record", () => {
  const other = { ...reading("a", "01"), device: { ...glucose.device, id: "system-id:0000000000000002" } };
  expect(books({ shown: [shown(1, "01")], sink: [other] }).lost).toBe(1);
});

test("a record that came in segments is known by all of them together", () => {
  expect(books({ shown: [shown(1, "0102")], sink: [reading("a", "01", "02")] })).toEqual({
    shown: 1,
    lost: 0,
    doubled: 0,
  });
});
