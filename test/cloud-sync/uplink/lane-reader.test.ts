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
    reader.take(page, bounds);
  }
}

/** Takes the next page, and returns its numbers. */
async function taken(reader: LaneReader): Promise<readonly number[]> {
  const page = await reader.next(bounds);
  if (page === null) return [];
  expect(reader.take(page, bounds)).toBe(true);
  return [...page.seqs];
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
  expect(await taken(reader)).toEqual(upTo(10));
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
  await taken(reader);
  expect(outbox.counts.pages).toBe(1);
  await reader.next(bounds);
  expect(outbox.counts.pages).toBe(2);
});

test("a failed read is told to whoever asks, and the next one starts where it failed", async () => {
  const outbox = filled(100);
  const reader = new LaneReader(outbox, "fresh");
  const seqs = [...(await taken(reader))];
  outbox.faults.page = new Error("locked");
  for (let count = 0; count < 3; count += 1) seqs.push(...(await taken(reader)));
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

test("what was read ahead of a removal is read again, and a page from before it may not be taken", async () => {
  const outbox = filled(100);
  const reader = new LaneReader(outbox, "fresh");
  const seqs = [...(await taken(reader))];
  const stale = await reader.next(bounds);
  if (stale === null) throw new Error("there is no second page");
  await outbox.settle([{ lane: "fresh", fate: "delivered", seqs: [[15, 95]] }]);
  reader.dropAhead();
  expect(reader.take(stale, bounds)).toBe(false);
  expect([...seqs, ...(await drained(reader))]).toEqual([...upTo(14), 96, 97, 98, 99, 100]);
});

test("a page that is on its way when entries are removed is not believed", async () => {
  const outbox = filled(20);
  const answers: (() => void)[] = [];
  const slow: Pick<Outbox, "page"> = {
    page: async (request) => {
      const page = await outbox.page(request);
      await new Promise<void>((resolve) => answers.push(resolve));
      return page;
    },
  };
  const reader = new LaneReader(slow, "fresh");
  const next = reader.next({ readingsMax: 100, bytesMax: 10_000 });
  await expect.poll(() => answers.length).toBe(1);
  await outbox.settle([{ lane: "fresh", fate: "delivered", seqs: [[1, 18]] }]);
  reader.dropAhead();
  answers[0]?.();
  await expect.poll(() => answers.length).toBe(2);
  answers[1]?.();
  expect([...((await next)?.seqs ?? [])]).toEqual([19, 20]);
});
