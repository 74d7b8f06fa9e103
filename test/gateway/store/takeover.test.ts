import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { KioskSession, Store } from "../../../gateway/store/store.ts";
import { seededRandom } from "../../../simulators/random.ts";
import { glucose, readingId } from "../../cloud-sync/ingest/sample-readings.ts";
import { addMany, deliverAll, entry, entryOf, outgoing, testKey, waitingIn } from "./store-entries.ts";
import { type StoreRig, storeRig } from "./store-rig.ts";

const pageBytes = 4_096;

/** Changes one byte in each of so many pages, spread by a seed over the last half of the file, behind its small tables. */
function damagePages(path: string, pages: number, seed: number): void {
  const bytes = readFileSync(path);
  const random = seededRandom(seed);
  const count = bytes.length / pageBytes;
  for (let page = 0; page < pages; page++) {
    const at = Math.floor((0.5 + 0.5 * random()) * count) * pageBytes + 100;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
  }
  writeFileSync(path, bytes);
}

/** Every kind of reading, each with its number, and the tables around them. */
async function fillWithAllKinds(store: Store): Promise<void> {
  await addMany(store, 1, 10);
  await deliverAll(store);
  await addMany(store, 11, 300);
  await store.settle([{ lane: "fresh", fate: "rejected", seq: 12, code: "invalid", reason: "no unit" }]);
  await store.add(entryOf(glucose(301, { person: null }), { disposition: "hold" }));
  await store.add(entry(302, { disposition: "undated", bootId: "boot-7" }));
  await store.saveSetting("boot", "boot-7");
  await store.saveSession(session);
}

const session: KioskSession = {
  id: "session-1",
  person: "sim-0001",
  consent: "c",
  startedAt: 1,
  endedAt: null,
  devices: [{ deviceId: "device-1", sinceAt: 1 }],
};

/** Opens, and keeps it busy until all is taken over. */
async function openAndTakeOver(rig: StoreRig): Promise<Store> {
  const store = await rig.open();
  for (let write = 0; !rig.notices.some(({ type }) => type === "taken-over"); write++) {
    if (write === 1_000) throw new Error("the takeover does not end");
    await store.saveSetting("busy", String(write));
  }
  return store;
}

test("what a damaged file still holds is taken over in its state, and what is lost is counted", async () => {
  const rig = storeRig();
  const first = await rig.open();
  await fillWithAllKinds(first);
  await first.close();
  damagePages(rig.path, 4, 3);
  const store = await openAndTakeOver(rig);
  const [aside, done] = rig.notices;
  expect(aside).toMatchObject({ type: "set-aside" });
  if (done?.type !== "taken-over") throw new Error("no word of the takeover");
  expect(done.readings).toBeGreaterThan(200);
  expect(done.unreadable).toBeGreaterThan(0);
  const counts = await store.counts();
  expect(counts.readings).toBe(done.readings);
  expect(counts.readings + done.unreadable).toBe(302);
  // Whatever could be read is the reading that was stored, and nothing else.
  for (const reading of await outgoing(store)) expect(reading).toEqual(glucose(reading.sequenceNumber ?? 0));
  expect(await store.setting("boot")).toBe("boot-7");
  expect(await store.sessions(0)).toEqual([session]);
  await store.close();
});

test("where only the head is damaged nothing can be read with a key, and the file is kept whole", async () => {
  const rig = storeRig();
  const first = await rig.open();
  await addMany(first, 1, 20);
  await first.close();
  const bytes = readFileSync(rig.path);
  bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200);
  writeFileSync(rig.path, bytes);
  const store = await openAndTakeOver(rig);
  expect(rig.notices.at(-1)).toEqual({ type: "taken-over", readings: 0, unreadable: 0 });
  const [aside] = rig.notices;
  if (aside?.type !== "set-aside") throw new Error("nothing was set aside");
  expect(readFileSync(aside.path).equals(bytes)).toBe(true);
  await store.close();
});

test("a takeover that was interrupted goes on after a restart, and takes nothing twice", async () => {
  const rig = storeRig({ key: testKey });
  const first = await rig.open();
  await addMany(first, 1, 1_000);
  await first.close();
  damagePages(rig.path, 1, 5);
  const interrupted = await rig.open();
  for (let write = 0; write < 4; write++) await interrupted.saveSetting("busy", String(write));
  const { readings } = await interrupted.counts();
  expect(readings).toBeGreaterThan(0);
  expect(readings).toBeLessThan(900);
  await interrupted.close();
  const store = await openAndTakeOver(rig);
  const numbers = await waitingIn(store);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(numbers.length).toBeGreaterThan(900);
  await store.close();
});

test("when damage strikes again before one is done with, both files are taken over", async () => {
  const rig = storeRig();
  const first = await rig.open();
  await addMany(first, 1, 1_000);
  await first.close();
  damagePages(rig.path, 1, 5);
  const second = await rig.open();
  await addMany(second, 2_001, 2_100);
  await second.close();
  damagePages(rig.path, 1, 7);
  await rig.clock.advance(1_000);
  const store = await rig.open();
  while (rig.notices.filter(({ type }) => type === "taken-over").length < 2) await store.saveSetting("busy", "yes");
  const numbers = await waitingIn(store);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(numbers.filter((number) => number <= 1_000).length).toBeGreaterThan(900);
  expect(numbers.filter((number) => number > 2_000).length).toBeGreaterThan(80);
  await store.close();
});

test("a reading that is read from its device again meanwhile is not doubled", async () => {
  const rig = storeRig();
  const first = await rig.open();
  await addMany(first, 1, 100);
  await first.close();
  damagePages(rig.path, 1, 9);
  const store = await rig.open();
  await addMany(store, 50, 150);
  while (!rig.notices.some(({ type }) => type === "taken-over")) await store.saveSetting("busy", "yes");
  await addMany(store, 1, 150);
  const numbers = await waitingIn(store);
  expect(numbers.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 150 }, (_, index) => index + 1));
  await store.close();
});

test("a listener hears of what is taken over, so that it is sent", async () => {
  const rig = storeRig({ thread: "worker" });
  const first = await rig.open();
  await addMany(first, 1, 50);
  await first.close();
  damagePages(rig.path, 1, 2);
  const store = await rig.open();
  await new Promise<void>((resolve) => store.onAdded(() => resolve()));
  expect((await waitingIn(store)).length).toBeGreaterThan(0);
  expect(existsSync(`${rig.path}-lock`)).toBe(true);
  expect((await store.readings({ limit: 1 }))[0]?.reading.id).toContain(readingId(1).slice(0, 20));
  await store.close();
});
