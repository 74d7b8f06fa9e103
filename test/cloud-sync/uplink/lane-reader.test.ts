import { expect, test } from "vitest";
import { LaneReader } from "../../../cloud-sync/uplink/lane-reader.ts";
import type { Outbox } from "../../../cloud-sync/uplink/outbox.ts";
import { createMemoryOutbox } from "../../doubles/memory-outbox.ts";
import type { MemoryOutbox } from "../../doubles/memory-outbox.ts";

const bounds = { readingsMax: 10, bytesMax: 10_000 };

function filled(count: number): MemoryOutbox {
  const outbox = createMemoryOutbox();
  for (let index = 0; index < count; index += 1) outbox.add("fresh", `{"n":${index}}`);
  return outbox;
}

async function drained(reader: LaneReader): Promise<readonly number[]> {
  const seqs: number[] = [];
  for (;;) {
    const page = await reader.next(bounds);
    if (page === null) return seqs;
    seqs.push(...page.seqs);
    reader.take(bounds);
  }
}

const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, index) => index + 1);

test("a lane is read from front to back, every entry once, in few calls", async () => {
  const outbox = filled(995);
  const reader = new LaneReader(outbox, "fresh");
  expect(await drained(reader)).toEqual(upTo(995));
  expect(outbox.counts.pages).toBeLessThan(30);
  expect(reader.isExhausted).toBe(true);
});

test("an outbox that answers with one page at a time is read as well", async () => {
  const outbox = filled(55);
  const single: Pick<Outbox, "page"> = {
    page: (request) => outbox.page({ ...request, pagesMax: 1 }),
  };
  expect(await drained(new LaneReader(single, "fresh"))).toEqual(upTo(55));
});

test("a page stays the next until it is taken", async () => {
  const reader = new LaneReader(filled(30), "fresh");
  const first = await reader.next(bounds);
  expect(await reader.next(bounds)).toBe(first);
  reader.take(bounds);
  expect([...((await reader.next(bounds))?.seqs ?? [])]).toEqual(upTo(20).slice(10));
});

test("an entry that is added while the end is being read is not missed", async () => {
  const outbox = filled(0);
  const reader = new LaneReader(outbox, "fresh");
  const reading = reader.next(bounds);
  reader.added();
  expect(await reading).toBeNull();
  expect(reader.isExhausted).toBe(false);
  outbox.add("fresh", "{}");
  expect(await drained(reader)).toEqual([1]);
});

test("a small page is not read beyond: a trickle costs one call a reading, and one that finds the end", async () => {
  const outbox = filled(1);
  const reader = new LaneReader(outbox, "fresh");
  await reader.next(bounds);
  reader.take(bounds);
  expect(outbox.counts.pages).toBe(1);
  await reader.next(bounds);
  expect(outbox.counts.pages).toBe(2);
});

test("a failed read is told to whoever asks, and the next one starts where it failed", async () => {
  const outbox = filled(100);
  const reader = new LaneReader(outbox, "fresh");
  const seqs = [...((await reader.next(bounds))?.seqs ?? [])];
  outbox.faults.page = new Error("locked");
  for (let count = 0; count < 3; count += 1) {
    reader.take(bounds);
    seqs.push(...((await reader.next(bounds))?.seqs ?? []));
  }
  reader.take(bounds);
  await expect(reader.next(bounds)).rejects.toThrow("locked");
  outbox.faults.page = null;
  expect([...seqs, ...(await drained(reader))]).toEqual(upTo(100));
});

test("a rewound lane is read again from the front", async () => {
  const reader = new LaneReader(filled(25), "fresh");
  await drained(reader);
  reader.rewind();
  expect(reader.isExhausted).toBe(false);
  expect(await drained(reader)).toEqual(upTo(25));
});
