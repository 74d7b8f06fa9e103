import { expect, test } from "vitest";
import { type Books, compareBooks, type BooksInput, type DeviceRecord, type Holding } from "./books.ts";

/** Each book is wrong in one way, so that the oracle is seen to notice it. */
const device = "C05349FFFE4D0001";
const record = (number: number, changes: Partial<DeviceRecord> = {}): DeviceRecord => ({
  device,
  record: number,
  kind: "reading",
  person: "sim-0001",
  frame: `AA0${number}`,
  shown: true,
  context: null,
  ...changes,
});
const held = (number: number, changes: Partial<Holding> = {}): Holding => ({
  id: `id-${number}`,
  device,
  person: "sim-0001",
  frames: [`AA0${number}`],
  ...changes,
});
const kept = (number: number, state = "delivered", changes: Partial<Holding> = {}): BooksInput["store"][number] => ({
  ...held(number, changes),
  state,
});

const right: BooksInput = {
  records: [
    record(1, { context: "BB01" }),
    record(2, { kind: "control-solution", person: null }),
    record(3, { kind: "fault" }),
    record(4, { person: null }),
  ],
  sink: [held(1, { frames: ["AA01", "BB01"] }), held(2, { person: null })],
  store: [kept(1, "delivered", { frames: ["AA01", "BB01"] }), kept(2, "delivered", { person: null }), stranger()],
  quarantine: [{ device, frames: ["AA03"] }],
  acknowledged: new Set(["id-1", "id-2", "id-4"]),
};

function stranger(): BooksInput["store"][number] {
  return kept(4, "held", { person: null });
}

const found = (books: Books): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(books).flatMap(([name, value]) =>
      Array.isArray(value) && value.length > 0 ? [[name, value.length]] : [],
    ),
  );

const compare = (changes: Partial<BooksInput>): Readonly<Record<string, number>> =>
  found(compareBooks({ ...right, ...changes }));

test("books that are right have nothing wrong in them", () => {
  expect(compareBooks(right)).toMatchObject({ taken: 4, shown: 4, stored: 2 });
  expect(compare({})).toEqual({});
});

test("a reading that is not in the sink is lost, and let go of if the gateway holds it to be delivered", () => {
  expect(compare({ sink: right.sink.slice(1) })).toEqual({ lost: 1, letGo: 1 });
  const waiting = [kept(1, "waiting", { frames: ["AA01", "BB01"] }), ...right.store.slice(1)];
  expect(compare({ sink: right.sink.slice(1), store: waiting })).toEqual({ lost: 1 });
});

test("what was shown and has left no trace is lost, whatever it was", () => {
  expect(compare({ quarantine: [] })).toEqual({ lost: 1, uncollected: 1 });
  expect(compare({ store: right.store.slice(0, 2) })).toEqual({ lost: 1, uncollected: 1, forgotten: 1 });
});

test("a record that was never asked for is no loss, but is told", () => {
  const unshown = record(5, { shown: false });
  expect(compare({ records: [...right.records, unshown] })).toEqual({ uncollected: 1 });
});

test("a second row for one record is a doubling, in the sink and in the store", () => {
  const again = { id: "id-9", frames: ["AA01"] };
  expect(compare({ sink: [...right.sink, held(1, again)] })).toEqual({ doubled: 1 });
  expect(compare({ store: [...right.store, kept(1, "waiting", again)] })).toEqual({ doubled: 1 });
});

test("a reading under another person, and a stranger's under anybody, is misattributed", () => {
  const others = held(1, { person: "sim-0002", frames: ["AA01", "BB01"] });
  expect(compare({ sink: [others, ...right.sink.slice(1)] })).toEqual({ misattributed: 1 });
  expect(compare({ sink: [...right.sink, held(4, { person: null })] })).toEqual({ misattributed: 1 });
  expect(compare({ sink: [right.sink[0] ?? others, held(2)] })).toEqual({ misattributed: 1 });
});

test("a row of no record, an acknowledgement without a row, and a context that is gone are told", () => {
  expect(compare({ sink: [...right.sink, held(8)] })).toEqual({ invented: 1 });
  expect(compare({ acknowledged: new Set(["id-7"]) })).toEqual({ forgotten: 1 });
  expect(compare({ sink: [held(1), ...right.sink.slice(1)] })).toEqual({ contextsLost: 1 });
});

test("the same octets of another device are another record", () => {
  const other = record(1, { device: "C05349FFFE4D0002" });
  expect(compare({ records: [...right.records, other] })).toEqual({ lost: 1, uncollected: 1 });
});
