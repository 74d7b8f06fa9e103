import { expect, onTestFinished, test, vi } from "vitest";
import { noteDamage } from "../../../cloud-sync/sqlite/guard.ts";
import type { NewReading, Store } from "../../../gateway/store/store.ts";
import { glucose, readingId } from "../../cloud-sync/ingest/sample-readings.ts";
import { consentEvent, deedOf } from "../../contracts/store-care.ts";
import { entryOf, outgoing, waitingIn } from "./store-entries.ts";
import { type StoreRig, storeRig } from "./store-rig.ts";

/** The sample readings were measured before this. */
const withdraw = { type: "withdraw", person: "sim-0001", at: Date.UTC(2026, 5, 1) } as const;
const deed = deedOf([withdraw], { events: [consentEvent(1, "withdrawn")] });

/** More than one step removes: every odd number is the person's. */
const readings = 3_000;
const theirs = readings / 2;
const others = Array.from({ length: theirs }, (_, index) => 2 * index + 2);

async function fill(store: Store): Promise<void> {
  const entries = Array.from({ length: readings }, (_, index): NewReading => {
    const number = index + 1;
    return entryOf(glucose(number, { person: number % 2 === 1 ? "sim-0001" : "sim-0002" }));
  });
  await Promise.all(entries.map((each) => store.add(each)));
}

/** A store whose process ended in the midst of a removal, opened again. `last` is added before the person withdraws. */
async function endedMidway(rig: StoreRig, last: readonly NewReading[] = []): Promise<Store> {
  const store = await rig.open();
  await fill(store);
  for (const each of last) await store.add(each);
  const recording = store.record(deed);
  await store.backlog();
  await store.close();
  const { removed } = await recording;
  expect(removed).toBeGreaterThan(0);
  expect(removed).toBeLessThan(theirs);
  return await reopen(rig);
}

async function reopen(rig: StoreRig): Promise<Store> {
  const store = await rig.open();
  onTestFinished(() => store.close());
  return store;
}

/** Without a thread of its own a store goes on with what is left to be done behind each write. */
async function finish(store: Store): Promise<void> {
  for (let write = 0; write < 120; write += 1) await store.saveSetting("busy", String(write));
}

const told = async (store: Store): Promise<readonly unknown[]> =>
  (await store.pendingEvents({ afterSeq: 0, limit: 10 })).map(({ event: { event } }) =>
    "removed" in event ? event.removed : event.type,
  );

test("a reading of somebody else is stored while a withdrawal is under way, and the outcome counts all that went", async () => {
  const store = await reopen(storeRig());
  await fill(store);
  let isRecorded = false;
  const recording = store.record(deed).finally(() => (isRecorded = true));
  expect(await store.add(entryOf(glucose(5_000, { person: "sim-0002" })))).toBe("stored");
  expect(isRecorded).toBe(false);
  expect(await recording).toMatchObject({ removed: theirs });
  expect(await told(store)).toEqual([theirs]);
  expect(await waitingIn(store)).toEqual([...others, 5_000]);
  expect(await store.counts()).toMatchObject({ readings: theirs + 1, waiting: theirs + 1 });
});

test("what a removal has yet to come to is never given out, after a restart neither", async () => {
  const store = await endedMidway(storeRig());
  expect(await store.counts()).toMatchObject({ waiting: expect.toSatisfy((waiting) => waiting > theirs) });
  const given = await waitingIn(store);
  expect(given.length).toBeGreaterThan(0);
  expect(others.slice(0, given.length)).toEqual(given);
  const range = { afterSeq: 0, throughSeq: readings, readingsMax: 5_000, bytesMax: 10_000_000 };
  const page = await store.page({ lane: "fresh", ...range });
  expect(page?.seqs).toEqual(Float64Array.from(others));
  expect(await store.readings({ person: "sim-0001", limit: 1_000 })).toEqual([]);
});

test("a removal that was cut off is finished behind the next start, and told of once it is", async () => {
  const rig = storeRig();
  const store = await endedMidway(rig);
  await store.record(deedOf([], { events: [consentEvent(2, "given", "sim-0002")] }));
  expect(await told(store)).toEqual([]);
  let isToldOfEvents = false;
  store.onEventRecorded(() => (isToldOfEvents = true));
  await finish(store);
  expect(isToldOfEvents).toBe(true);
  expect(await told(store)).toEqual([theirs, 0]);
  expect(await waitingIn(store)).toEqual(others);
  expect(await store.counts()).toMatchObject({ readings: theirs, waiting: theirs });
  expect(await store.add(entryOf(glucose(1, { person: null }), { disposition: "hold" }))).toBe("known");
});

test("a thread of its own finishes it without being asked, and says that there is more to send", async () => {
  const rig = storeRig();
  await (await endedMidway(rig)).close();
  const store = await rig.open({ thread: "worker" });
  onTestFinished(() => store.close());
  const lanes = new Set<string>();
  store.onAdded((lane) => lanes.add(lane));
  await vi.waitFor(async () => expect(await told(store)).toEqual([theirs]), { timeout: 60_000, interval: 20 });
  expect(await waitingIn(store)).toEqual(others);
});

test("nothing can be done any more with a reading that a removal has yet to come to", async () => {
  const held = entryOf(glucose(4_001), { disposition: "hold" });
  const lacking = entryOf(glucose(4_002), { disposition: "hold" });
  const undated = entryOf(glucose(4_003), { disposition: "undated" });
  const store = await endedMidway(storeRig(), [held, lacking, undated]);
  expect(await store.attribute({ readingId: readingId(4_001), person: "sim-0002" })).toBe("unknown-reading");
  const amended = glucose(4_002, { person: null, context: { meal: "fasting" } });
  expect(await store.add(entryOf(amended, { disposition: "hold" }))).toBe("known");
  await store.dateReadings({ bootId: "boot-1", epochOfMonotonicZero: 0 }, ({ reading }) => {
    return { reading: { ...reading, person: "sim-0002" }, lane: "fresh", disposition: "deliver" };
  });
  await finish(store);
  expect(await told(store)).toEqual([theirs + 3]);
  expect(await store.counts()).toMatchObject({ readings: theirs, waiting: theirs, held: 0, undated: 0 });
});

test("a dead letter that a removal has yet to come to cannot be sent again", async () => {
  const store = await storeWithDeadLetter();
  const [letter] = await store.deadLetters({ afterId: 0, limit: 10 });
  expect(await store.replayDeadLetters([letter?.id ?? 0])).toBe(0);
  await finish(store);
  expect(await told(store)).toEqual([theirs]);
  expect(await store.counts()).toMatchObject({ readings: theirs, waiting: theirs, deadLetters: 0 });
});

async function storeWithDeadLetter(): Promise<Store> {
  const rig = storeRig();
  const store = await rig.open();
  await fill(store);
  await store.settle([{ lane: "fresh", fate: "rejected", seq: 1, code: "invalid", reason: "no unit" }]);
  const recording = store.record(deed);
  await store.backlog();
  await store.close();
  await recording;
  return await reopen(rig);
}

test("a receipt that comes while a removal is under way settles what it names: that was delivered, and is not counted", async () => {
  const store = await endedMidway(storeRig());
  await store.settle([{ lane: "fresh", fate: "delivered", seqs: [[readings - 1, readings]] }]);
  await finish(store);
  expect(await told(store)).toEqual([theirs - 1]);
  expect(await waitingIn(store)).toEqual(others.slice(0, -1));
  const delivered = await store.readings({ person: "sim-0001", limit: 10 });
  expect(delivered.map(({ state }) => state)).toEqual(["delivered"]);
});

test("what the person measures after they agreed anew is kept, though an earlier removal is under way", async () => {
  const store = await endedMidway(storeRig());
  const { time } = glucose(6_000);
  const anew = glucose(6_000, { time: { ...time, measured: "2026-07-01T08:00:00+02:00" } });
  expect(await store.add(entryOf(anew, { lane: "urgent" }))).toBe("stored");
  await finish(store);
  expect((await outgoing(store, "urgent")).map(({ sequenceNumber }) => sequenceNumber)).toEqual([6_000]);
});

test("what a damaged store had yet to remove is not taken over", async () => {
  const rig = storeRig();
  await (await endedMidway(rig)).close();
  noteDamage(rig.path, "for a test");
  const store = await reopen(rig);
  await finish(store);
  expect(rig.notices.map(({ type }) => type)).toEqual(["set-aside", "taken-over"]);
  expect(await waitingIn(store)).toEqual(others);
  expect(await store.counts()).toMatchObject({ readings: theirs, waiting: theirs });
});
