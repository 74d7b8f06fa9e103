import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDatabase, openReader } from "../../../cloud-sync/sqlite/database.ts";
import { storeSchema } from "../../../gateway/store/schema.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { integerBetween, seededRandom } from "../../../simulators/random.ts";
import { glucose } from "../../cloud-sync/ingest/sample-readings.ts";
import { addMany, deliverAll, entry, entryOf, outgoing, testKey } from "./store-entries.ts";
import { startAt, storeRig, temporaryFolder } from "./store-rig.ts";

const canaries = ["sim-canary", "SERIAL-CANARY", "CANARY-CONSENT", "00:C0:FF:EE:00:01"];

async function plantCanaries(store: Store): Promise<void> {
  const device = { ...glucose(1).device, serial: "SERIAL-CANARY" };
  await store.add(entryOf(glucose(1, { person: "sim-canary", device })));
  await store.saveAssignment({
    id: "assignment-1",
    deviceId: "device-1",
    userSlot: null,
    person: "sim-canary",
    consent: "CANARY-CONSENT",
    fromAt: 0,
    untilAt: null,
    source: "local",
  });
  const frames = [{ characteristic: "2A18", hex: "00" }];
  await store.quarantine({ deviceId: "00:C0:FF:EE:00:01", reason: "device-fault", detail: "", frames, at: 0 });
}

function canariesIn(path: string): readonly string[] {
  const bytes = [path, `${path}-wal`].map((file) =>
    statSync(file, { throwIfNoEntry: false }) === undefined ? Buffer.alloc(0) : readFileSync(file),
  );
  return canaries.filter((canary) => bytes.some((content) => content.includes(canary)));
}

for (const key of [testKey, null]) {
  const expected = key === null ? canaries : [];
  test(`${expected.length} of ${canaries.length} canaries are in file and WAL ${key === null ? "without" : "with"} a key`, async () => {
    const { path, open } = storeRig({ key });
    const store = await open();
    await plantCanaries(store);
    const running = canariesIn(path);
    await store.close();
    expect(running).toEqual(expected);
    expect(canariesIn(path)).toEqual(expected);
  });
}

test("what was deleted leaves no trace in a plain file", async () => {
  const { path, clock, open } = storeRig({ key: null, limits: { retentionDays: 0 } });
  const store = await open();
  await plantCanaries(store);
  await deliverAll(store);
  await store.forgetDevice("device-1");
  await store.close();
  await clock.advance(1);
  const again = await open();
  await again.saveSetting("any", "write");
  expect((await again.counts()).readings).toBe(0);
  await again.close();
  expect(canariesIn(path)).not.toContain("SERIAL-CANARY");
  expect(canariesIn(path)).not.toContain("CANARY-CONSENT");
});

interface Flips {
  readonly detected: number;
  readonly silentlyWrong: number;
  readonly harmless: number;
}

/** Flips one bit at each of 120 places spread over the whole file, opens it, and reads everything there is. */
async function flipBits(key: Uint8Array | null): Promise<Flips> {
  const source = storeRig({ key });
  const store = await source.open();
  await addMany(store, 1, 400);
  const expected = JSON.stringify(await outgoing(store));
  await store.close();
  const [good, guard] = [readFileSync(source.path), readFileSync(`${source.path}-guard`)];
  const random = seededRandom(20_260_130);
  const tally = { detected: 0, silentlyWrong: 0, harmless: 0 };
  const path = join(temporaryFolder(), "store.db");
  for (let flip = 0; flip < 120; flip++) {
    const offset = Math.floor(((flip + random()) / 120) * good.length);
    const bytes = Buffer.from(good);
    bytes.writeUInt8(bytes.readUInt8(offset) ^ (1 << integerBetween(random, 0, 7)), offset);
    writeFileSync(path, bytes);
    writeFileSync(`${path}-guard`, guard);
    tally[await readDamaged(path, key, expected)] += 1;
  }
  return tally;
}

/** A reader never sets aside: what it meets is what the owner would meet at its next start. */
async function readDamaged(path: string, key: Uint8Array | null, expected: string): Promise<keyof Flips> {
  try {
    const reader = await storeRig({ path, key }).open({ access: "reader" });
    try {
      const read = JSON.stringify(await outgoing(reader));
      requireWholeFile(path, key);
      return read === expected ? "harmless" : "silentlyWrong";
    } finally {
      await reader.close();
    }
  } catch {
    return "detected";
  }
}

/** Every page that is in use, tables and indexes. */
function requireWholeFile(path: string, key: Uint8Array | null): void {
  const database = openReader({ path, key, schema: storeSchema, at: startAt });
  try {
    if (database.sql.pragma("quick_check(1)", { simple: true }) !== "ok") throw new Error("damaged");
  } finally {
    database.close();
  }
}

test("with a key every one of 120 flipped bits is detected", async () => {
  expect(await flipBits(testKey)).toEqual({ detected: 120, silentlyWrong: 0, harmless: 0 });
});

test("without a key most flipped bits pass unnoticed, so the flips are ones that need a MAC", async () => {
  const { detected, silentlyWrong, harmless } = await flipBits(null);
  expect(silentlyWrong).toBeGreaterThan(30);
  expect(detected + silentlyWrong + harmless).toBe(120);
});

test("a page that is damaged while the store runs is reported, and the next start sets the file aside", async () => {
  const rig = storeRig({ limits: { checkBytesMax: 0, pageCacheBytesMax: 4_096 } });
  const first = await rig.open();
  await addMany(first, 1, 400);
  await first.close();
  const bytes = readFileSync(rig.path);
  // One bit of each page of the second half, so that it does not matter where the readings' own pages lie.
  for (let at = bytes.length >> 1; at < bytes.length; at += 4_096) bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(rig.path, bytes);
  const store = await rig.open();
  await expect(outgoing(store)).rejects.toMatchObject({ code: "store-damaged", recovery: "rebuild" });
  await expect(store.add(entry(401))).rejects.toMatchObject({ code: "store-damaged" });
  expect(rig.failures).toEqual(["store-damaged"]);
  await store.close();
  const again = await rig.open();
  expect(rig.notices).toContainEqual(expect.objectContaining({ type: "set-aside" }));
  expect(await again.add(entry(401))).toBe("stored");
  await again.close();
});

test("the key is in none of the files beside the database", async () => {
  const { path, open } = storeRig();
  const store = await open();
  await store.add(entry(1));
  await store.close();
  const texts = ["", "-guard"].map((suffix) => readFileSync(path + suffix).toString("latin1"));
  const secrets = [Buffer.from(testKey).toString("latin1"), Buffer.from(testKey).toString("hex")];
  expect(texts.some((text) => secrets.some((secret) => text.includes(secret)))).toBe(false);
  expect(() => openDatabase({ path, key: null, schema: storeSchema, at: 0 })).toThrow("no key was given");
});
