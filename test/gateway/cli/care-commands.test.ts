import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { EventDelivery } from "../../../cloud-sync/ingest/sink.ts";
import { openSqliteSink } from "../../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { connect } from "../../../cloud-sync/sqlite/connection.ts";
import { withdrawConsents } from "../../../gateway/care/withdraw-consents.ts";
import { writeAudit } from "../../../gateway/care/write-audit.ts";
import { controlPart } from "../../../gateway/control/control-part.ts";
import { controlPath } from "../../../gateway/control/control-path.ts";
import type { AuditEntry, AuditHead, Store } from "../../../gateway/store/store.ts";
import { openStore } from "../../../gateway/store/sqlite-store.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { auditOf, consent, deedOf } from "../../contracts/store-care.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { deskRig } from "../pairing/desk-rig.ts";
import { carepost } from "./run-carepost.ts";
import type { Finished } from "./run-carepost.ts";
import { glucose, pressure } from "./sample-readings.ts";

/** Each test starts up to seven processes, which a loaded machine takes its time for. */
vi.setConfig({ testTimeout: 120_000 });

let folder = "";
let path = "";
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "carepost-care-"));
  path = join(folder, "gateway.db");
  await inStore(async (store) => {
    await store.record(deedOf([{ type: "consent", consent }], { audit: [auditOf(1), auditOf(2)] }));
    const common = { lane: "fresh", bootId: "boot-1", receivedMonotonicMs: 0 } as const;
    await store.add({ ...common, reading: { ...glucose, person: "sim-0001" }, disposition: "deliver" });
    await store.add({ ...common, reading: pressure, disposition: "hold" });
  });
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function inStore<T>(use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ path, key: null, clock: systemClock, thread: "inline" });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

const run = (...args: readonly string[]): Promise<Finished> => carepost([...args, "--store", path], { folder });

const json = async (...args: readonly string[]): Promise<unknown> => JSON.parse((await run(...args, "--json")).stdout);

const logged = (): Promise<readonly AuditEntry[]> =>
  inStore((store) => store.auditEntries({ afterSeq: 2, limit: 100 }));

const headOf = (store: Store): Promise<AuditHead> =>
  store.auditHead().then((head) => {
    if (head === null) throw new Error("the log is empty");
    return head;
  });

/** The head as the gateway `gw-0001` has told it. */
function headEvent({ seq, hash }: AuditHead): EventDelivery {
  const [gateway, at] = ["gw-0001", 5];
  const id = `00000000-0000-5000-8000-${String(seq).padStart(12, "0")}`;
  const body = JSON.stringify({ v: 1, id, gateway, at, event: { type: "audit-head", seq, hash } });
  return { gateway, id, type: "audit-head", at, body };
}

test("whoever assigns, attributes or takes readings out by a command stands in the audit log", async () => {
  await run("devices", "assign", "system-id:X", "sim-0001", "--consent", "consent-1", "--slot", "2");
  await run("readings", "assign", pressure.id, "sim-0001");
  await run("readings", "export", "--person", "sim-0001", "--format", "csv");
  await run("devices", "assign", "system-id:X", "sim-0009", "--consent", "consent-1");
  const entries = await logged();
  expect(new Set(entries.map(({ actor }) => actor))).toEqual(new Set(["command-line"]));
  const [assigned, attributed, exported, ...more] = entries.map(({ action, subject }) => ({ action, subject }));
  expect(assigned).toMatchObject({
    action: "assignment-made",
    subject: { device: "system-id:X", userSlot: 2, person: "sim-0001", consent: "consent-1" },
  });
  expect(attributed).toEqual({ action: "reading-attributed", subject: { reading: pressure.id, person: "sim-0001" } });
  const subject = { person: "sim-0001", device: null, state: null, format: "csv" };
  expect(exported).toEqual({ action: "readings-exported", subject });
  expect(more).toEqual([]);
});

test("the log is listed, the latest entries or those after one", async () => {
  const { stdout } = await run("audit", "list", "--limit", "1");
  expect(stdout).toMatchInlineSnapshot(`
    "SEQ  WHEN              WHO         WHAT             ABOUT
      2  1970-01-01 00:00  staff:desk  assignment-made  assignment=? ?? device=device-2 isFirst=false
    "
  `);
  expect(await json("audit", "list", "--after", "0")).toMatchObject([{ seq: 1 }, { seq: 2 }]);
});

test("an export can be verified by anybody, and says of itself that it was made", async () => {
  const { stdout, stderr } = await run("audit", "export");
  const entries: readonly AuditEntry[] = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(entries.map(({ action }) => action)).toEqual(["assignment-made", "assignment-made", "audit-exported"]);
  expect(JSON.parse(entries[2]?.text ?? "")).toMatchObject({ seq: 3, action: "audit-exported" });
  expect(stderr).toContain("3 entries exported");
});

test("a whole log is proved whole, and one that was tampered with breaks where it was", async () => {
  const whole = await run("audit", "verify");
  expect(whole).toMatchObject({ code: 0, stdout: "" });
  expect(whole.stderr).toContain("The audit log is whole: 2 entries.");
  const sql = connect({ path, key: null, busyTimeoutMs: 1_000, access: "writer" });
  sql.exec("DROP TRIGGER auditIsNotChanged; UPDATE audit SET body = replace(body, 'desk', 'dusk') WHERE seq = 2");
  sql.close();
  const broken = await run("audit", "verify");
  expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining("audit-broken") });
  expect(broken.stderr).toContain("ntry 2");
  expect(await run("audit", "verify", "--json")).toMatchObject({
    code: 1,
    stdout: '{"isWhole":false,"seq":2,"reason":"hash"}\n',
  });
});

test("a log that is shorter than a head says shows by the head, given or in the sink", async () => {
  const told = await inStore(async (store) => {
    const head = await headOf(store);
    await store.saveSetting("audit.head-told", `${head.seq}:${head.hash}`);
    return head;
  });
  expect(await run("audit", "verify", "--head", `${told.seq}:${told.hash}`)).toMatchObject({ code: 0 });
  expect(await run("audit", "verify", "--head", `9:${told.hash}`)).toMatchObject({ code: 1 });
  expect(await run("audit", "verify", "--head", "9:short")).toMatchObject({ code: 2 });
  const sinkPath = join(folder, "sink.db");
  const sink = await openSqliteSink({ path: sinkPath, key: null, clock: systemClock, thread: "inline" });
  const heads = [told, { seq: 7, hash: "ab".repeat(32) }];
  await sink.commitEvents(heads.map(headEvent));
  await sink.close();
  const fromSink = ["audit", "verify", "--heads-from-sink", sinkPath, "--gateway"];
  expect(await run(...fromSink, "gw-0002")).toMatchObject({ code: 0 });
  const cut = await run(...fromSink, "gw-0001", "--json");
  expect(cut).toMatchObject({ code: 1, stdout: '{"isWhole":false,"seq":3,"reason":"cut-off"}\n' });
  expect(await run("audit", "verify", "--heads-from-sink", sinkPath)).toMatchObject({ code: 2 });
});

test("consents are listed and exported, and an export stands in the audit log", async () => {
  expect((await run("consents", "list")).stdout).toMatchInlineSnapshot(`
    "PERSON    GIVEN       WITHDRAWN  TEXT        TREND  ID
    sim-0001  1970-01-01  -          2026-01 en  yes    consent-1
    "
  `);
  const { stdout } = await run("consents", "export", "--person", "sim-0001");
  expect(JSON.parse(stdout)).toEqual(consent);
  expect(await logged()).toMatchObject([{ action: "consents-exported", subject: { person: "sim-0001" } }]);
});

test("a consent is withdrawn by a command, with what was not delivered", async () => {
  expect(await run("consents", "withdraw", "sim-0009", "--gateway", "gw-0001")).toMatchObject({ code: 1 });
  expect(await run("consents", "withdraw", "sim-0001")).toMatchObject({ code: 2 });
  expect(await json("consents", "withdraw", "sim-0001", "--gateway", "gw-0001")).toEqual({
    consents: ["consent-1"],
    removed: 1,
  });
  const events = await inStore((store) => store.pendingEvents({ afterSeq: 0, limit: 10 }));
  expect(events).toMatchObject([{ event: { gateway: "gw-0001", event: { change: "withdrawn", removed: 1 } } }]);
  const again = await run("consents", "withdraw", "sim-0001", "--gateway", "gw-0001");
  expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining("No consent of sim-0001's stood") });
  const assigned = await run("devices", "assign", "system-id:X", "sim-0001", "--consent", "consent-1");
  expect(assigned).toMatchObject({ code: 1, stderr: expect.stringContaining("consent-withdrawn") });
  const given = await run("readings", "assign", pressure.id, "sim-0001");
  expect(given).toMatchObject({ code: 1, stderr: expect.stringContaining("consent-withdrawn") });
  expect((await run("consents", "list", "--person", "sim-0009")).stderr).toContain("sim-0009 has not agreed");
});

test("an assignment that ends before it begins is bad usage", async () => {
  const until = ["--consent", "consent-1", "--from", "2026-03-01", "--until", "2026-02-01"];
  expect(await run("devices", "assign", "system-id:X", "sim-0001", ...until)).toMatchObject({ code: 2 });
  expect(await inStore((store) => store.assignments())).toEqual([]);
});

test("of a log with an entry that cannot be read, what stands before it is listed and exported", async () => {
  const sql = connect({ path, key: null, busyTimeoutMs: 1_000, access: "writer" });
  sql.exec("DROP TRIGGER auditIsNotChanged; UPDATE audit SET body = 'no entry' WHERE seq = 2");
  sql.close();
  const listed = await run("audit", "list");
  expect(listed).toMatchObject({ code: 1, stderr: expect.stringContaining("audit-broken") });
  expect(listed.stdout).toContain("device=device-1");
  expect(await json("audit", "list")).toMatchObject({ error: { code: "audit-broken" } });
  const exported = await run("audit", "export");
  expect(exported).toMatchObject({ code: 1, stderr: expect.stringContaining("ntry 2") });
  expect(JSON.parse(exported.stdout)).toMatchObject({ seq: 1 });
});

test("beside a gateway that runs, the gateway withdraws and writes down what is taken out", async () => {
  await inStore(async (store) => {
    const { desk } = await deskRig();
    const stopping = new AbortController();
    const actor = "command-line";
    const ended = controlPart({
      path: controlPath(path),
      log: keptLog(),
      desk,
      forget: () => Promise.resolve({ wasKnown: false, key: "none" }),
      withdraw: (person) => withdrawConsents(store, { person, at: Date.now(), actor, gateway: "gw-0001" }),
      note: (action, subject) => writeAudit(store, { at: Date.now(), actor, action, subject }),
      state: () => {
        throw new Error("nobody asks");
      },
    }).run(stopping.signal);
    try {
      expect(await json("consents", "withdraw", "sim-0001")).toEqual({ consents: ["consent-1"], removed: 1 });
      expect((await run("readings", "export")).code).toBe(0);
    } finally {
      stopping.abort();
      await ended;
    }
    const entries = await store.auditEntries({ afterSeq: 2, limit: 10 });
    expect(entries.map(({ action }) => action)).toEqual(["consent-withdrawn", "readings-exported"]);
  });
});
