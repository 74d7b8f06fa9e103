import { readFileSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../../../cloud-sync/sqlite/database.ts";
import { noteDamage } from "../../../cloud-sync/sqlite/guard.ts";
import { verifyAudit } from "../../../gateway/care/verify-audit.ts";
import { storeSchema } from "../../../gateway/store/schema.ts";
import type { AuditEntry, Store } from "../../../gateway/store/store.ts";
import { glucose, readingId } from "../../cloud-sync/ingest/sample-readings.ts";
import { auditOf, consent, consentEvent, deedOf } from "../../contracts/store-care.ts";
import { addMany, deliverAll, entry, entryOf, waitingIn } from "./store-entries.ts";
import { type StoreRig, storeRig } from "./store-rig.ts";

const at = Date.UTC(2026, 5, 1);

/** Opens what was condemned, and keeps it busy until all is taken over. */
async function takenOver(rig: StoreRig): Promise<Store> {
  noteDamage(rig.path, "for a test");
  const store = await rig.open();
  onTestFinished(() => store.close());
  for (let write = 0; !rig.notices.some(({ type }) => type === "taken-over"); write++) {
    if (write === 1_000) throw new Error("the takeover does not end");
    await store.saveSetting("busy", String(write));
  }
  return store;
}

const all = { afterSeq: 0, limit: 1_000 };

const lastEntry = async (store: Store): Promise<AuditEntry | undefined> => (await store.auditEntries(all)).at(-1);

test("consents, events, the roster and withdrawals are taken over, and a discarded reading stays one", async () => {
  const rig = storeRig();
  const first = await rig.open();
  await addMany(first, 1, 3);
  await deliverAll(first);
  await first.add(entryOf(glucose(4, { person: null }), { disposition: "hold" }));
  await first.add(entryOf(glucose(5, { person: "sim-0002" })));
  await first.record(deedOf([{ type: "discard", readingId: readingId(4) }]));
  await first.add(entry(6));
  const consents = [consent, { ...consent, id: "consent-2", person: "sim-0002" }];
  const given = consents.map((each) => ({ type: "consent", consent: each }) as const);
  const withdraw = { type: "withdraw", person: "sim-0001", at } as const;
  await first.record(deedOf([...given, withdraw], { events: [consentEvent(1, "withdrawn")], audit: [auditOf(1)] }));
  await first.followRoster({ version: 7, assignments: [] });
  const before = { consents: await first.consents({ limit: 10 }), events: await first.pendingEvents(all) };
  await first.close();
  const store = await takenOver(rig);
  expect(await store.consents({ limit: 10 })).toEqual(before.consents);
  expect((await store.pendingEvents(all)).map(({ event }) => event)).toEqual(before.events.map(({ event }) => event));
  expect(await store.rosterVersion()).toBe(7);
  expect(await store.counts()).toMatchObject({ readings: 5, discarded: 1, waiting: 1, held: 0 });
  expect(await waitingIn(store)).toEqual([5]);
  expect(await store.add(entry(6))).toBe("known");
  expect(await store.add(entry(7))).toBe("known");
});

test("the audit log goes on with all its entries, and says that its file was replaced", async () => {
  const rig = storeRig();
  const first = await rig.open();
  for (let number = 1; number <= 600; number += 1) await first.record(deedOf([], { audit: [auditOf(number)] }));
  const head = await first.auditHead();
  if (head === null) throw new Error("nothing was written");
  await first.close();
  const store = await takenOver(rig);
  expect(await lastEntry(store)).toMatchObject({
    seq: 601,
    actor: "gateway",
    action: "audit-log-replaced",
    subject: { kept: 600, lost: 0 },
  });
  await store.record(deedOf([], { audit: [auditOf(601)] }));
  expect(await verifyAudit(store, [head])).toMatchObject({ isWhole: true, entries: 602 });
});

test("of a log with a damaged entry what stands before it is kept, and what is lost is counted", async () => {
  const rig = storeRig({ key: null });
  const first = await rig.open();
  for (let number = 1; number <= 200; number += 1) await first.record(deedOf([], { audit: [auditOf(number)] }));
  const head = await first.auditHead();
  await first.close();
  const bytes = readFileSync(rig.path);
  bytes[bytes.indexOf('"device":"device-150"') + 12] = 0x78;
  writeFileSync(rig.path, bytes);
  const store = await takenOver(rig);
  expect(await lastEntry(store)).toMatchObject({ seq: 150, subject: { kept: 149, lost: 51 } });
  expect(await verifyAudit(store)).toMatchObject({ isWhole: true, entries: 150 });
  expect(await verifyAudit(store, head === null ? [] : [head])).toMatchObject({ isWhole: false, reason: "cut-off" });
});

test("a log of which nothing can be read begins with a word of it", async () => {
  const rig = storeRig();
  const first = await rig.open();
  await first.record(deedOf([], { audit: [auditOf(1)] }));
  await first.close();
  const bytes = readFileSync(rig.path);
  bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200);
  writeFileSync(rig.path, bytes);
  const store = await takenOver(rig);
  expect(await store.auditEntries(all)).toMatchObject([
    { action: "audit-log-replaced", subject: { kept: 0, lost: null } },
  ]);
});

test("a damaged store of the version before, which had no log, is taken over without a word of one", async () => {
  const rig = storeRig({ key: null });
  const schema = { ...storeSchema, migrations: storeSchema.migrations.slice(0, 2) };
  const old = openDatabase({ path: rig.path, key: null, at: 0, schema });
  old.sql.exec("INSERT INTO people VALUES ('sim-0001', 1);");
  old.close();
  const store = await takenOver(rig);
  expect(await store.people()).toMatchObject([{ reference: "sim-0001" }]);
  expect(await store.auditHead()).toBeNull();
});

test("who withdraws while an old file is still being taken over is withdrawn from that too", async () => {
  const rig = storeRig();
  const first = await rig.open();
  await addMany(first, 1, 400);
  await first.add(entryOf(glucose(401, { person: "sim-0002" })));
  await first.close();
  noteDamage(rig.path, "for a test");
  const store = await rig.open();
  onTestFinished(() => store.close());
  await store.saveSetting("busy", "yes");
  expect((await store.counts()).readings).toBeLessThan(400);
  await store.record(deedOf([{ type: "withdraw", person: "sim-0001", at }]));
  while (!rig.notices.some(({ type }) => type === "taken-over")) await store.saveSetting("busy", "yes");
  expect(await waitingIn(store)).toEqual([401]);
  expect(await store.add(entry(400))).toBe("known");
});
