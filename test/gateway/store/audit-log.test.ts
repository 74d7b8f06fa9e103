import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { connect, type Sqlite } from "../../../cloud-sync/sqlite/connection.ts";
import { openDatabase } from "../../../cloud-sync/sqlite/database.ts";
import { verifyAudit } from "../../../gateway/care/verify-audit.ts";
import { storeSchema } from "../../../gateway/store/schema.ts";
import { auditOf, deedOf } from "../../contracts/store-care.ts";
import { entry, waitingIn } from "./store-entries.ts";
import { storeRig, temporaryFolder } from "./store-rig.ts";

/** A store that was closed with so many entries in its audit log, opened as somebody would who is no store. */
async function loggedFile(entries: number): Promise<{ readonly sql: Sqlite; readonly path: string }> {
  const rig = storeRig({ key: null });
  const store = await rig.open();
  for (let number = 1; number <= entries; number += 1) await store.record(deedOf([], { audit: [auditOf(number)] }));
  await store.close();
  const sql = connect({ path: rig.path, key: null, busyTimeoutMs: 1_000, access: "writer" });
  onTestFinished(() => void sql.close());
  return { sql, path: rig.path };
}

test("the file itself refuses to change an entry, to drop one, to put one in or to write one over", async () => {
  const { sql } = await loggedFile(3);
  const refused = "only written on";
  expect(() => sql.exec("UPDATE audit SET body = '{}' WHERE seq = 2")).toThrow(refused);
  expect(() => sql.exec("DELETE FROM audit WHERE seq = 3")).toThrow(refused);
  expect(() => sql.exec("DELETE FROM audit")).toThrow(refused);
  expect(() => sql.exec("INSERT INTO audit VALUES (7, '{}', 'x')")).toThrow(refused);
  expect(() => sql.exec("INSERT OR REPLACE INTO audit VALUES (2, '{}', 'x')")).toThrow(refused);
  expect(() => sql.exec("INSERT OR IGNORE INTO audit VALUES (NULL, '{}', 'x')")).toThrow(refused);
  expect(sql.prepare("SELECT count(*) FROM audit").pluck().get()).toBe(3);
});

test("who takes the guards away and changes an entry is found out", async () => {
  const { sql, path } = await loggedFile(5);
  sql.exec("DROP TRIGGER auditIsNotChanged");
  sql.exec("UPDATE audit SET body = replace(body, 'device-3', 'device-4') WHERE seq = 3");
  sql.close();
  const store = await storeRig({ key: null, path }).open({ access: "reader" });
  onTestFinished(() => store.close());
  expect(await verifyAudit(store)).toEqual({ isWhole: false, seq: 3, reason: "hash" });
});

test("a store of the version before is brought up, with all that it holds", async () => {
  const path = join(temporaryFolder(), "store.db");
  const rig = storeRig({ path, key: null });
  const schema = { ...storeSchema, migrations: storeSchema.migrations.slice(0, 2) };
  const old = openDatabase({ path, key: null, at: 0, schema });
  old.sql.exec(`INSERT INTO people VALUES ('sim-0001', 1);
    INSERT INTO assignments VALUES ('assignment-1', 'device-1', 2, 'sim-0001', 'consent-1', 5, NULL);
    INSERT INTO settings VALUES ('boot', 'boot-1');`);
  old.close();
  const store = await rig.open();
  onTestFinished(() => store.close());
  expect(await store.assignments()).toMatchObject([{ id: "assignment-1", userSlot: 2, source: "local" }]);
  expect(await store.setting("boot")).toBe("boot-1");
  expect(await store.auditHead()).toBeNull();
  await store.add(entry(1));
  expect(await waitingIn(store)).toEqual([1]);
  expect(rig.notices).toEqual([]);
});
