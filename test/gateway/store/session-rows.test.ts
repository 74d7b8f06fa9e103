import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../../../cloud-sync/sqlite/database.ts";
import { attribute } from "../../../gateway/collect/attribution.ts";
import { storeSchema } from "../../../gateway/store/schema.ts";
import { storeRig, temporaryFolder } from "./store-rig.ts";

test("a session that a version without names of devices has left is read, and claims nothing", async () => {
  const path = join(temporaryFolder(), "store.db");
  const schema = { ...storeSchema, migrations: storeSchema.migrations.slice(0, 3) };
  const old = openDatabase({ path, key: null, at: 0, schema });
  old.sql.exec(`INSERT INTO people VALUES ('sim-0001', 1);
    INSERT INTO sessions VALUES ('session-1', 'sim-0001', 'consent-1', 5, NULL);`);
  old.close();
  const store = await storeRig({ path, key: null }).open();
  onTestFinished(() => store.close());
  const sessions = await store.sessions(0);
  const session = { id: "session-1", person: "sim-0001", consent: "consent-1", startedAt: 5, endedAt: null };
  expect(sessions).toEqual([{ ...session, devices: [] }]);
  const iso = new Date(60_000).toISOString();
  const time = { measured: iso, uncertaintyMs: 1_000, basis: "device", received: iso } as const;
  const subject = {
    deviceId: "device-1",
    userSlot: null,
    controlSolution: false,
    time,
    byClock: null,
    shownUntil: null,
  };
  expect(attribute(subject, { assignments: [], sessions }).person).toBeNull();
});
