import { expect, test } from "vitest";
import { createBatcher } from "../../../cloud-sync/ingest/batcher.ts";
import type { Delivery } from "../../../cloud-sync/ingest/sink.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { createMemorySink, type MemorySink } from "../../doubles/memory-sink.ts";
import { glucose } from "./sample-readings.ts";

interface Bench {
  readonly clock: VirtualClock;
  readonly sink: MemorySink;
  readonly batcher: ReturnType<typeof createBatcher>;
}

function bench(groupReadingsMax = 500): Bench {
  const clock = createVirtualClock(0);
  const sink = createMemorySink({ clock });
  const limits = { groupReadingsMax, lingerMs: 4, commitsUnderWayMax: 2 };
  return { clock, sink, batcher: createBatcher(sink, clock, limits) };
}

test("a message is committed at once when the sink is idle", async () => {
  const { sink, batcher, clock } = bench();
  expect(await batcher.submit([of(1)])).toEqual(["stored"]);
  expect(sink.commitSizes).toEqual([1]);
  expect(clock.monotonicMs()).toBe(0);
});

test("messages of one turn share a commit", async () => {
  const { sink, batcher } = bench();
  const outcomes = await Promise.all([batcher.submit([of(1), of(2)]), batcher.submit([of(3)])]);
  expect(outcomes).toEqual([["stored", "stored"], ["stored"]]);
  expect(sink.commitSizes).toEqual([3]);
});

test("while one commit is under way the next group gathers for its time, and a third waits for a lane", async () => {
  const { sink, batcher, clock } = bench();
  const hold = Promise.withResolvers<void>();
  sink.faults.hold = hold.promise;
  const first = batcher.submit([of(1)]);
  await clock.settle();
  const second = [batcher.submit([of(2)]), batcher.submit([of(3)])];
  await clock.settle();
  expect(sink.commitSizes).toEqual([1]);
  await clock.advance(4);
  expect(sink.commitSizes).toEqual([1, 2]);
  const third = batcher.submit([of(4)]);
  await clock.advance(100);
  expect(sink.commitSizes).toEqual([1, 2]);
  hold.resolve();
  await Promise.all([first, ...second, third]);
  expect(sink.commitSizes).toEqual([1, 2, 1]);
});

test("a group that is full does not wait for company", async () => {
  const { sink, batcher, clock } = bench(3);
  const hold = Promise.withResolvers<void>();
  sink.faults.hold = hold.promise;
  const work = [1, 2, 3, 4].map((n) => batcher.submit([of(n * 10), of(n * 10 + 1)]));
  await clock.settle();
  expect(sink.commitSizes).toEqual([2, 2]);
  hold.resolve();
  await Promise.all(work);
  expect(sink.commitSizes).toEqual([2, 2, 2, 2]);
});

test("a reading that is twice in a group is committed once: the first is stored, the second a duplicate", async () => {
  const { sink, batcher } = bench();
  const outcomes = await Promise.all([batcher.submit([of(1), of(2)]), batcher.submit([of(2), of(3)])]);
  expect(outcomes).toEqual([
    ["stored", "stored"],
    ["duplicate", "stored"],
  ]);
  expect(sink.commitSizes).toEqual([3]);
});

test("of two revisions in a group the later is committed, whichever came first", async () => {
  for (const revisions of [
    [1, 2],
    [2, 1],
  ]) {
    const { sink, batcher } = bench();
    const deliveries = revisions.map((revision) => ({ gateway: "gw-1", reading: glucose(1, { revision }) }));
    const outcomes = await batcher.submit(deliveries);
    expect(outcomes).toEqual(revisions.map((revision) => (revision === 2 ? "stored" : "duplicate")));
    expect((await sink.readings({ afterPosition: 0, limit: 9 })).map(({ reading }) => reading.revision)).toEqual([2]);
  }
});

test("one reading that the sink cannot store is refused alone, wherever it stands", async () => {
  for (const poisoned of [0, 49, 99]) {
    const { sink, batcher } = bench();
    sink.faults.poison = ({ reading }) => reading.id === of(poisoned).reading.id;
    const outcomes = await batcher.submit(Array.from({ length: 100 }, (_, n) => of(n)));
    expect(outcomes.indexOf("refused")).toBe(poisoned);
    expect(outcomes.filter((outcome) => outcome === "stored")).toHaveLength(99);
    expect(sink.commitSizes.length).toBeLessThanOrEqual(15);
  }
});

test("a sink that is down fails every message of the group, and the next group goes through", async () => {
  const { sink, batcher } = bench();
  sink.faults.code = "sink-unavailable";
  const failed = await Promise.allSettled([batcher.submit([of(1)]), batcher.submit([of(2)])]);
  expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  sink.faults.code = null;
  expect(await batcher.submit([of(1)])).toEqual(["stored"]);
});

test("draining waits for what is queued and refuses what comes after", async () => {
  const { sink, batcher, clock } = bench();
  const hold = Promise.withResolvers<void>();
  sink.faults.hold = hold.promise;
  const work = batcher.submit([of(1)]);
  let drained = false;
  const drain = batcher.drain().then(() => (drained = true));
  await clock.settle();
  expect(drained).toBe(false);
  await expect(batcher.submit([of(2)])).rejects.toMatchObject({ code: "ingest-stopped" });
  hold.resolve();
  await Promise.all([work, drain]);
  expect((await sink.counts()).readings).toBe(1);
});

test("an empty message costs no commit", async () => {
  const { sink, batcher } = bench();
  expect(await batcher.submit([])).toEqual([]);
  expect(sink.commitSizes).toEqual([]);
});

const of = (number: number): Delivery => ({ gateway: "gw-1", reading: glucose(number) });
