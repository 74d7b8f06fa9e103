import { expect, test } from "vitest";
import type { EventOutbox } from "../../cloud-sync/uplink/event-outbox.ts";
import { eventOutboxOf } from "../../gateway/event-outbox-of.ts";
import type { PendingEvent, Tombstone } from "../../gateway/store/store.ts";
import { consentEvent } from "../contracts/store-care.ts";
import { readingId } from "../cloud-sync/ingest/sample-readings.ts";

interface Books {
  readonly outbox: EventOutbox;
  readonly deed: (number: number) => void;
  readonly tombstone: (number: number) => void;
  readonly left: () => readonly [deeds: number, tombstones: number];
}

/** Deeds and tombstones happen 1,000 ms after the number that they are given. */
function books(): Books {
  let deeds: PendingEvent[] = [];
  let tombstones: Tombstone[] = [];
  const listeners = new Set<() => void>();
  const without = <Item>(items: readonly Item[], numberOf: (item: Item) => number, gone: readonly number[]): Item[] =>
    items.filter((item) => !gone.includes(numberOf(item)));
  const store = {
    pendingEvents: async ({ afterSeq, limit }: { afterSeq: number; limit: number }) =>
      deeds.filter(({ seq }) => seq > afterSeq).slice(0, limit),
    settleEvents: async (seqs: readonly number[]) => void (deeds = without(deeds, ({ seq }) => seq, seqs)),
    pendingTombstones: async (limit: number) => tombstones.slice(0, limit),
    settleTombstones: async (ids: readonly number[]) => void (tombstones = without(tombstones, ({ id }) => id, ids)),
    onEventRecorded: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  let last = 0;
  return {
    outbox: eventOutboxOf(store, "gw-1"),
    deed: (number) => {
      last += 1;
      deeds.push({ seq: last, event: consentEvent(number, "given") });
      for (const listener of listeners) listener();
    },
    tombstone: (number) => {
      last += 1;
      tombstones.push({ id: last, readingId: readingId(number), reason: "quota", at: 1_000 + number });
    },
    left: () => [deeds.length, tombstones.length],
  };
}

const timesOf = async (outbox: EventOutbox, eventsMax = 32, afterSeq = 0): Promise<readonly number[]> =>
  (await outbox.events({ afterSeq, eventsMax })).map(({ event }) => event.at - 1_000);

test("deeds and tombstones come as one list, in order of time", async () => {
  const { outbox, deed, tombstone } = books();
  for (const number of [2, 5, 6]) deed(number);
  for (const number of [1, 3, 9]) tombstone(number);
  expect(await timesOf(outbox)).toEqual([1, 2, 3, 5, 6, 9]);
  expect(await timesOf(outbox, 3)).toEqual([1, 2, 3]);
  const types = (await outbox.events({ afterSeq: 0, eventsMax: 2 })).map(({ event }) => event.event.type);
  expect(types).toEqual(["tombstone", "consent"]);
});

test("what was handed out keeps its number and its place, whatever comes later with an earlier time", async () => {
  const { outbox, deed, tombstone } = books();
  deed(5);
  const [first] = await outbox.events({ afterSeq: 0, eventsMax: 32 });
  tombstone(1);
  const again = await outbox.events({ afterSeq: 0, eventsMax: 32 });
  expect(again[0]).toEqual(first);
  expect(await timesOf(outbox)).toEqual([5, 1]);
  expect(await timesOf(outbox, 32, first?.seq)).toEqual([1]);
});

test("page by page everything comes once", async () => {
  const { outbox, deed, tombstone } = books();
  for (let number = 0; number < 20; number += 1) (number % 3 === 0 ? tombstone : deed)(number);
  const seen: number[] = [];
  for (let afterSeq = 0; ;) {
    const page = await outbox.events({ afterSeq, eventsMax: 3 });
    if (page.length === 0) break;
    seen.push(...page.map(({ event }) => event.at - 1_000));
    afterSeq = page.at(-1)?.seq ?? 0;
  }
  expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index));
});

test("deeds stay in the order in which they were done, though the clock was set back meanwhile", async () => {
  const { outbox, deed, tombstone } = books();
  for (const number of [8, 2, 3]) deed(number);
  tombstone(5);
  expect(await timesOf(outbox)).toEqual([5, 8, 2, 3]);
});

test("each is settled where it is kept, and what is unknown or settled is ignored", async () => {
  const { outbox, deed, tombstone, left } = books();
  deed(1);
  tombstone(2);
  deed(3);
  const [one, two] = await outbox.events({ afterSeq: 0, eventsMax: 32 });
  await outbox.settleEvents([one?.seq ?? 0]);
  expect(left()).toEqual([1, 1]);
  await outbox.settleEvents([one?.seq ?? 0, two?.seq ?? 0, 999]);
  expect(left()).toEqual([1, 0]);
  expect(await timesOf(outbox)).toEqual([3]);
});

test("who listens hears of a new deed at once, until the listening ends", () => {
  const { outbox, deed } = books();
  let told = 0;
  const stop = outbox.onEventAdded(() => (told += 1));
  deed(1);
  stop();
  deed(2);
  expect(told).toBe(1);
});
