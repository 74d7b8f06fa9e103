import { statSync } from "node:fs";
import { expect, test } from "vitest";
import { storeSchema } from "../../../gateway/store/schema.ts";
import { openReader } from "../../../cloud-sync/sqlite/database.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { readingId } from "../../cloud-sync/ingest/sample-readings.ts";
import { addMany, deliverAll, entry, testKey, waitingIn } from "./store-entries.ts";
import { type StoreRig, storeRig } from "./store-rig.ts";

const fileBytesMax = 1_500_000;
const dayMs = 86_400_000;

const smallRig = (whenFull: "refuse" | "drop-oldest-unsent" = "refuse"): StoreRig =>
  storeRig({ limits: { fileBytesMax, walBytesMax: 64 * 1_024, whenFull } });

/** Adds readings from a number on until the store refuses; returns the number that it refused. */
async function fillFrom(store: Store, from: number): Promise<number> {
  for (let number = from; number < from + 5_000; number++) {
    const outcome = await store.add(entry(number)).catch((error: { readonly code: string }) => error.code);
    if (outcome === "quota-exceeded") return number;
    expect(outcome).toBe("stored");
  }
  throw new Error("the store never refused");
}

test("when the quota is used up new readings are refused, and nothing that waits is lost", async () => {
  const { path, notices, open } = smallRig();
  const store = await open();
  const refused = await fillFrom(store, 1);
  expect(refused).toBeGreaterThan(500);
  expect(await store.counts()).toMatchObject({ alarm: "quota", waiting: refused - 1, readings: refused - 1 });
  expect(notices).toEqual([{ type: "alarm", alarm: "quota" }]);
  expect(statSync(path).size).toBeLessThanOrEqual(fileBytesMax);
  expect(await store.add(entry(1))).toBe("known");
  await store.saveSetting("still", "works");
  expect(await waitingIn(store)).toHaveLength(refused - 1);
  await store.close();
});

test("what is delivered makes room again, oldest first, without a restart", async () => {
  const { notices, open } = smallRig();
  const store = await open();
  const refused = await fillFrom(store, 1);
  await store.settle([{ lane: "fresh", fate: "delivered", seqs: [[1, 200]] }]);
  expect(await store.add(entry(refused))).toBe("stored");
  expect((await store.counts()).alarm).toBeNull();
  expect(notices.at(-1)).toEqual({ type: "alarm", alarm: null });
  const oldest = (await store.readings({ limit: 5_000 })).at(-1);
  expect(oldest?.reading.sequenceNumber).toBeGreaterThan(1);
  expect(await waitingIn(store)).toHaveLength(refused - 200);
  await store.close();
});

test("with delivered readings alone the store never refuses", async () => {
  const { path, open } = smallRig();
  const store = await open();
  for (let from = 1; from <= 4_001; from += 500) {
    await addMany(store, from, from + 499);
    await deliverAll(store);
  }
  expect(await store.counts()).toMatchObject({ alarm: null, waiting: 0 });
  expect(statSync(path).size).toBeLessThanOrEqual(fileBytesMax);
  await store.close();
});

test("diagnostics go before a reading is refused, when they are old", async () => {
  const { clock, open } = smallRig();
  const store = await open();
  const frames = [{ characteristic: "2A18", hex: "00".repeat(400) }];
  for (let n = 0; n < 200; n++) {
    await store.quarantine({ deviceId: `device-${n}`, reason: "undecodable", detail: "", frames, at: clock.now() });
  }
  const refused = await fillFrom(store, 1);
  expect((await store.counts()).quarantined).toBe(200);
  await clock.advance(31 * dayMs);
  expect(await store.add(entry(refused))).toBe("stored");
  expect((await store.counts()).quarantined).toBeLessThan(200);
  await store.close();
});

test("where the operator chose so the oldest unsent goes, and leaves a tombstone until its event is delivered", async () => {
  const rig = smallRig("drop-oldest-unsent");
  const store = await rig.open();
  await store.add(entry(9_999, { lane: "urgent" }));
  await addMany(store, 1, 2_500);
  const counts = await store.counts();
  expect(counts.alarm).toBeNull();
  expect(counts.tombstones).toBe(2_501 - counts.readings);
  expect(await waitingIn(store, "urgent")).toEqual([9_999]);
  const [grave] = await store.pendingTombstones(10);
  expect(grave).toMatchObject({ readingId: readingId(1), reason: "quota" });
  await store.close();
  const again = await rig.open();
  await again.settleTombstones([grave?.id ?? 0]);
  const rest = await again.pendingTombstones(5_000);
  expect(rest[0]?.readingId).toBe(readingId(2));
  expect(await again.counts()).toMatchObject({ tombstones: rest.length, readings: 2_501 - rest.length - 1 });
  await again.close();
});

test("a dropped reading that its device shows again is stored, and has no tombstone any more", async () => {
  const { open } = smallRig("drop-oldest-unsent");
  const store = await open();
  await addMany(store, 1, 2_500);
  const before = (await store.counts()).tombstones;
  expect(await store.add(entry(1))).toBe("stored");
  const graves = await store.pendingTombstones(5_000);
  expect(graves.some((grave) => grave.readingId === readingId(1))).toBe(false);
  expect(graves.length).toBeGreaterThanOrEqual(before - 1);
  await store.close();
});

test("delivered readings are kept for the days of retention, and those that wait for ever", async () => {
  const { clock, open } = storeRig({ limits: { retentionDays: 30 } });
  const store = await open();
  await addMany(store, 1, 1_000);
  await store.settle([{ lane: "fresh", fate: "delivered", seqs: [[1, 700]] }]);
  await clock.advance(29 * dayMs);
  await addMany(store, 1_001, 1_010);
  expect((await store.counts()).readings).toBe(1_010);
  await clock.advance(2 * dayMs);
  for (let write = 0; write < 10; write++) await store.add(entry(1_010));
  expect((await store.counts()).readings).toBe(310);
  expect(await waitingIn(store)).toHaveLength(310);
  await store.close();
});

test("discarded readings are kept as long as delivered ones, and no longer", async () => {
  const { clock, open } = storeRig({ limits: { retentionDays: 30 } });
  const store = await open();
  for (const number of [1, 2, 3]) await store.add(entry(number, { disposition: "hold" }));
  const discard = [1, 2].map((number) => ({ type: "discard", readingId: readingId(number) }) as const);
  await store.record({ changes: discard, events: [], audit: [] });
  await clock.advance(29 * dayMs);
  await store.add(entry(4));
  expect(await store.counts()).toMatchObject({ readings: 4, discarded: 2 });
  await clock.advance(2 * dayMs);
  for (let write = 0; write < 10; write++) await store.add(entry(4));
  expect(await store.counts()).toMatchObject({ readings: 2, discarded: 0, held: 1, waiting: 1 });
  await store.close();
});

test("a reader that stands still makes the WAL count against the quota, and the store recovers when it goes", async () => {
  const { path, open } = smallRig();
  const store = await open();
  await store.add(entry(1));
  const reader = openReader({ path, key: testKey, schema: storeSchema, at: 0 });
  reader.sql.exec("BEGIN");
  reader.sql.prepare("SELECT count(*) FROM readings").get();
  const refused = await fillFrom(store, 2);
  const { fileBytes, walBytes } = await store.counts();
  expect(walBytes).toBeGreaterThan(64 * 1_024);
  expect(fileBytes + walBytes).toBeLessThan(fileBytesMax + 256 * 1_024);
  reader.close();
  await store.saveSetting("any", "write");
  expect((await store.counts()).walBytes).toBeLessThanOrEqual(64 * 1_024);
  expect(await store.add(entry(refused))).toBe("stored");
  await store.close();
});

test("readings are not dropped for a WAL that a reader holds, because that would free nothing", async () => {
  const { path, open } = smallRig("drop-oldest-unsent");
  const store = await open();
  await store.add(entry(1));
  const reader = openReader({ path, key: testKey, schema: storeSchema, at: 0 });
  reader.sql.exec("BEGIN");
  reader.sql.prepare("SELECT count(*) FROM readings").get();
  const refused = await fillFrom(store, 2);
  expect(await store.counts()).toMatchObject({ tombstones: 0, readings: refused - 1, alarm: "quota" });
  reader.close();
  await store.close();
});
