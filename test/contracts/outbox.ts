import { expect } from "vitest";
import type { Lane, Outbox, OutboxPage, PageRequest } from "../../cloud-sync/uplink/outbox.ts";
import { type Check as Checks, contractChecks } from "./contract-checks.ts";

export interface OutboxSubject {
  readonly outbox: Outbox;
  /** Adds entry `number` to a lane. */
  readonly add: (lane: Lane, number: number) => Promise<void>;
  /** The JSON text of entry `number`, as a page holds it: the same length for all numbers below ten. */
  readonly textOf: (number: number) => string;
  readonly close: () => Promise<void>;
}

export interface OutboxContract {
  readonly name: string;
  readonly make: () => Promise<OutboxSubject>;
}

type Check = Checks<OutboxSubject>;

/** What every outbox promises to the forwarder. */
export function outboxContract({ name, make }: OutboxContract): void {
  const check = contractChecks({ name: `outbox, ${name}`, make }, (subject) => subject.close());
  paging(check);
  bounding(check);
  settling(check);
  telling(check);
}

const wholeLane = (lane: Lane): PageRequest => ({ lane, afterSeq: 0, readingsMax: 500, bytesMax: 60_000 });

const textOf = (page: OutboxPage | null): string => Buffer.from(page?.body ?? new Uint8Array()).toString();

const seqsOf = (page: OutboxPage | null): number[] => [...(page?.seqs ?? [])];

async function addAll({ add }: OutboxSubject, lane: Lane, numbers: readonly number[]): Promise<void> {
  for (const number of numbers) await add(lane, number);
}

function paging(check: Check): void {
  check("an empty lane has no page", async ({ outbox }) => {
    expect(await outbox.page(wholeLane("fresh"))).toBeNull();
  });

  check("a page joins the entries of its lane in the order in which they came", async (subject) => {
    await addAll(subject, "fresh", [3, 1, 2]);
    const page = await subject.outbox.page(wholeLane("fresh"));
    expect(textOf(page)).toBe([3, 1, 2].map(subject.textOf).join(","));
    const seqs = seqsOf(page);
    expect(seqs).toHaveLength(3);
    expect(seqs).toEqual(seqs.toSorted((one, other) => one - other));
  });

  check("a lane does not show the entries of another", async (subject) => {
    await subject.add("urgent", 1);
    await subject.add("backfill", 2);
    expect(textOf(await subject.outbox.page(wholeLane("urgent")))).toBe(subject.textOf(1));
    expect(textOf(await subject.outbox.page(wholeLane("backfill")))).toBe(subject.textOf(2));
    expect(await subject.outbox.page(wholeLane("fresh"))).toBeNull();
  });

  check("a page goes on after a seq, and ends with another", async (subject) => {
    await addAll(subject, "fresh", [1, 2, 3, 4]);
    const seqs = seqsOf(await subject.outbox.page(wholeLane("fresh")));
    const [first = 0, , third = 0] = seqs;
    const middle = await subject.outbox.page({ ...wholeLane("fresh"), afterSeq: first, throughSeq: third });
    expect(textOf(middle)).toBe([2, 3].map(subject.textOf).join(","));
    expect(await subject.outbox.page({ ...wholeLane("fresh"), afterSeq: seqs.at(-1) ?? 0 })).toBeNull();
  });

  check("an entry is shown again until it is settled", async (subject) => {
    await subject.add("fresh", 1);
    expect(textOf(await subject.outbox.page(wholeLane("fresh")))).toBe(subject.textOf(1));
    expect(textOf(await subject.outbox.page(wholeLane("fresh")))).toBe(subject.textOf(1));
  });
}

function bounding(check: Check): void {
  check("a page holds no more entries than asked for", async (subject) => {
    await addAll(subject, "fresh", [1, 2, 3]);
    const page = await subject.outbox.page({ ...wholeLane("fresh"), readingsMax: 2 });
    expect(textOf(page)).toBe([1, 2].map(subject.textOf).join(","));
  });

  check("a page never exceeds its bytes, commas included", async (subject) => {
    await addAll(subject, "fresh", [1, 2, 3]);
    const bytes = Buffer.byteLength(subject.textOf(1));
    const ofTwo = 2 * bytes + 1;
    const takes = async (bytesMax: number): Promise<number> =>
      seqsOf(await subject.outbox.page({ ...wholeLane("fresh"), bytesMax })).length;
    // Asked twice, because an outbox may learn from one page how large the next will be.
    for (const expected of [1, 1]) expect(await takes(ofTwo - 1)).toBe(expected);
    for (const expected of [2, 2]) expect(await takes(ofTwo)).toBe(expected);
    for (const expected of [3, 3]) expect(await takes(3 * bytes + 2)).toBe(expected);
  });

  check("pages of one answer follow one another, each within the bounds", async (subject) => {
    await addAll(subject, "fresh", [1, 2, 3, 4, 5, 6]);
    const [, , , , fifth = 0] = seqsOf(await subject.outbox.page(wholeLane("fresh")));
    const request = { ...wholeLane("fresh"), readingsMax: 2, throughSeq: fifth };
    for (const pagesMax of [1, 2, 3, 9]) {
      const page = await subject.outbox.page({ ...request, pagesMax });
      const texts = page === null ? [] : [page, ...(page.more ?? [])].map(textOf);
      const expected = [[1, 2], [3, 4], [5]].map((indexes) => indexes.map(subject.textOf).join(","));
      // It may answer with fewer, but not with others.
      expect(texts).toEqual(expected.slice(0, Math.min(pagesMax, Math.max(1, texts.length))));
    }
    const single = await subject.outbox.page(request);
    expect(single?.more ?? []).toEqual([]);
  });

  check("an entry that is larger than a page is a page of its own", async (subject) => {
    await addAll(subject, "fresh", [1, 2]);
    const page = await subject.outbox.page({ ...wholeLane("fresh"), bytesMax: 1 });
    expect(textOf(page)).toBe(subject.textOf(1));
  });
}

function settling(check: Check): void {
  check("a delivered range is shown no more, and the rest is", async (subject) => {
    await addAll(subject, "fresh", [1, 2, 3, 4]);
    const [, second = 0, third = 0] = seqsOf(await subject.outbox.page(wholeLane("fresh")));
    await subject.outbox.settle([{ lane: "fresh", fate: "delivered", seqs: [[second, third]] }]);
    expect(textOf(await subject.outbox.page(wholeLane("fresh")))).toBe([1, 4].map(subject.textOf).join(","));
  });

  check("a range settles nothing in another lane", async (subject) => {
    await subject.add("fresh", 1);
    await subject.add("backfill", 2);
    await subject.outbox.settle([{ lane: "fresh", fate: "delivered", seqs: [[0, 1_000_000]] }]);
    expect(await subject.outbox.page(wholeLane("fresh"))).toBeNull();
    expect(textOf(await subject.outbox.page(wholeLane("backfill")))).toBe(subject.textOf(2));
  });

  check("a rejected entry is shown no more, and its neighbours are", async (subject) => {
    await addAll(subject, "fresh", [1, 2, 3]);
    const [, seq = 0] = seqsOf(await subject.outbox.page(wholeLane("fresh")));
    await subject.outbox.settle([{ lane: "fresh", fate: "rejected", seq, code: "invalid", reason: "no unit" }]);
    expect(textOf(await subject.outbox.page(wholeLane("fresh")))).toBe([1, 3].map(subject.textOf).join(","));
    expect((await subject.outbox.backlog()).waiting).toBe(2);
  });

  check("what is settled or unknown is settled again without effect", async (subject) => {
    await subject.add("fresh", 1);
    const delivered = { lane: "fresh", fate: "delivered", seqs: [[1, 10]] } as const;
    const rejected = { lane: "fresh", fate: "rejected", seq: 1, code: "invalid", reason: "late" } as const;
    await subject.outbox.settle([delivered]);
    await subject.outbox.settle([delivered, rejected, { ...rejected, seq: 999 }]);
    expect((await subject.outbox.backlog()).waiting).toBe(0);
  });

  check("the backlog is what waits in all lanes", async (subject) => {
    expect(await subject.outbox.backlog()).toEqual({ waiting: 0, oldestUnsentAt: null });
    await subject.add("urgent", 1);
    await subject.add("fresh", 2);
    await subject.add("backfill", 3);
    const { waiting, oldestUnsentAt } = await subject.outbox.backlog();
    expect(waiting).toBe(3);
    expect(oldestUnsentAt).not.toBeNull();
  });
}

function telling(check: Check): void {
  check("who listens is told the lane of an addition, and no more after the end", async (subject) => {
    const told: Lane[] = [];
    const end = subject.outbox.onAdded((lane) => told.push(lane));
    await subject.add("urgent", 1);
    await subject.outbox.backlog();
    expect(told).toEqual(["urgent"]);
    end();
    await subject.add("fresh", 2);
    await subject.outbox.backlog();
    expect(told).toEqual(["urgent"]);
  });
}
