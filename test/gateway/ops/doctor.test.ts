import { chmodSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startIngest } from "../../../cloud-sync/ingest/start-ingest.ts";
import type { IngestHandle } from "../../../cloud-sync/ingest/start-ingest.ts";
import { checkup } from "../../../gateway/ops/checkup.ts";
import { examine } from "../../../gateway/ops/doctor.ts";
import type { Examined } from "../../../gateway/ops/doctor.ts";
import { openStore } from "../../../gateway/store/sqlite-store.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { serveAir } from "../../../simulators/air/air-server.ts";
import { realClock } from "../../../simulators/clock/real-clock.ts";
import { loadScenario } from "../../../simulators/scenario/load-scenario.ts";
import { createWorld } from "../../../simulators/scenario/world.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { glucose } from "../cli/sample-readings.ts";

const key = new Uint8Array(32).fill(7);
let folder = "";
let storePath = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-doctor-"));
  storePath = join(folder, "gateway.db");
  writeFileSync(join(folder, "key"), Buffer.from(key).toString("hex"), { mode: 0o600 });
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function configure(url: string): void {
  const text = `
gateway: { id: gw-0001, timeZone: Europe/London }
radio: { socket: air.sock }
store: { path: gateway.db, keyFile: key }
uplink: { url: "${url}" }
clock: { assumeSynchronised: true }
`;
  writeFileSync(join(folder, "carepost.yaml"), text);
}

/** Nobody listens on port 1. */
const noBroker = "mqtt://127.0.0.1:1";

async function diagnosis(): Promise<ReadonlyMap<string, Examined>> {
  const visit = await checkup({ path: null, environment: {}, folder, flags: [] });
  const found = new Map<string, Examined>();
  for await (const one of examine(visit.checks, new AbortController().signal)) found.set(one.check, one);
  await visit.close();
  return found;
}

async function inStore<T>(use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ path: storePath, key, clock: systemClock, thread: "inline" });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

const addGlucose = (store: Store): Promise<unknown> =>
  store.add({ reading: glucose, lane: "fresh", disposition: "deliver", bootId: "boot-1", receivedMonotonicMs: 0 });

async function withIngest(use: (ingest: IngestHandle) => Promise<void>): Promise<void> {
  const ingest = await startIngest({
    role: "all",
    listen: { host: "127.0.0.1", port: 0 },
    sinkPath: join(folder, "sink.db"),
    clock: systemClock,
    log: keptLog(),
  });
  try {
    await use(ingest);
  } finally {
    await ingest.stop();
  }
}

const statusOf = (found: ReadonlyMap<string, Examined>, check: string): unknown => found.get(check)?.status;

test("without a valid configuration, all that is wrong is told, and nothing else is guessed", async () => {
  const found = await diagnosis();
  expect(statusOf(found, "configuration")).toBe("fail");
  expect(found.get("configuration")?.mend).toContain("CAREPOST_GATEWAY_ID");
  const others = ["disk", "store", "backlog", "clock", "radio", "gateway", "broker", "ingestor"];
  expect(others.map((check) => statusOf(found, check))).toEqual(others.map(() => "skipped"));
});

test("a machine on which nothing runs yet is told what to start", async () => {
  configure(noBroker);
  const found = await diagnosis();
  expect(Object.fromEntries(Array.from(found, ([check, { status }]) => [check, status]))).toEqual({
    node: "ok",
    configuration: "ok",
    disk: "ok",
    store: "ok",
    backlog: "skipped",
    certificate: "skipped",
    clock: "ok",
    radio: "fail",
    gateway: "skipped",
    broker: "fail",
    ingestor: "skipped",
  });
  expect(found.get("radio")?.mend).toContain("carepost simulate --socket");
  expect(found.get("broker")?.finding).toContain("broker-unreachable");
});

test("a machine on which all is well has nothing to mend", async () => {
  const stopping = new AbortController();
  const world = createWorld(loadScenario("home-day"), { clock: realClock, seed: 1 });
  const air = await serveAir(world.air, join(folder, "air.sock"), stopping.signal);
  const running = world.run(stopping.signal);
  await withIngest(async ({ address }) => {
    configure(address?.url ?? "");
    await inStore(async (store) => {
      await addGlucose(store);
      await store.settle([{ lane: "fresh", fate: "delivered", seqs: [[1, 1]] }]);
    });
    const first = await diagnosis();
    expect(first.get("ingestor")).toMatchObject({ status: "warn", finding: expect.stringContaining("did not have") });
    const second = await diagnosis();
    const unwell = [...second.values()].filter(({ status, mend }) => status !== "ok" || mend !== null);
    // No gateway runs beside this test.
    expect(unwell.map(({ check, status }) => [check, status])).toEqual([
      ["certificate", "skipped"],
      ["gateway", "skipped"],
    ]);
    expect(second.get("store")?.finding).toContain("encrypted");
  });
  stopping.abort();
  await Promise.all([running, air.ended]);
});

test("it may run while a gateway has the store open", async () => {
  configure(noBroker);
  await inStore(async (store) => {
    await addGlucose(store);
    const found = await diagnosis();
    expect(statusOf(found, "store")).toBe("ok");
    expect(found.get("backlog")?.finding).toBe("one reading, 1 waiting");
  });
});

test("a key that is open to others, wrong or absent is named, and the store is left alone", async () => {
  configure(noBroker);
  await inStore(addGlucose);
  chmodSync(join(folder, "key"), 0o644);
  expect((await diagnosis()).get("store")?.finding).toContain("key-exposed");
  chmodSync(join(folder, "key"), 0o600);
  writeFileSync(join(folder, "key"), "11".repeat(32));
  expect((await diagnosis()).get("store")?.finding).toContain("store-key-wrong");
  rmSync(join(folder, "key"));
  expect((await diagnosis()).get("store")?.finding).toContain("key-unreadable");
});

test("a damaged store is found, and not touched", async () => {
  configure(noBroker);
  await inStore(addGlucose);
  truncateSync(storePath, 5000);
  const found = await diagnosis();
  expect(statusOf(found, "store")).toBe("fail");
  expect(found.get("store")?.finding).toContain("store-damaged");
});

test("a folder that is not there is named", async () => {
  const text = `gateway: { id: gw-1, timeZone: UTC }\nuplink: { url: "${noBroker}" }\nstore: { path: away/gateway.db }\n`;
  writeFileSync(join(folder, "carepost.yaml"), text);
  const found = await diagnosis();
  expect(found.get("disk")).toMatchObject({ status: "fail", mend: expect.stringContaining("Create the folder") });
  expect(statusOf(found, "store")).toBe("fail");
});
