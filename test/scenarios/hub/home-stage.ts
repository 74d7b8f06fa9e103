import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openSinkReader } from "../../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { openStore } from "../../../gateway/store/sqlite-store.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { loadScenario } from "../../../simulators/scenario/load-scenario.ts";
import { createWorld } from "../../../simulators/scenario/world.ts";
import { freePort } from "../../doubles/free-port.ts";
import { type Books, compareBooks } from "../kill/books.ts";
import { readBooks } from "../kill/read-books.ts";
import { Victim } from "../kill/victim.ts";

const project = join(import.meta.dirname, "../../..");
const scenarioPath = join(import.meta.dirname, "home.yaml");
const seed = 1;

/** A gateway's files, while it does not run. */
export interface HubFiles {
  readonly storeFolder: string;
  readonly key: Uint8Array | null;
}

/** What is around a hub: devices in its air, and the cloud's end. Both outlive it. */
export interface HomeStage {
  /** Where the air's socket is, among others. */
  readonly folder: string;
  readonly airPath: string;
  readonly brokerUrl: string;
  readonly cloud: Victim;
  /** The ids of the devices that are this home's. */
  readonly deviceIds: readonly string[];
  readonly sinkCount: () => Promise<number>;
  /** Nobody measures any more; resolves when all that was measured has come to the cloud, or when it does not. */
  rest(): Promise<void>;
  /** What the devices showed, beside what the stopped hub and the cloud hold. */
  compare(hub: HubFiles): Promise<Books>;
  close(): Promise<void>;
}

export async function setHomeStage(): Promise<HomeStage> {
  const folder = mkdtempSync(join(tmpdir(), "carepost-home-"));
  const sinkPath = join(folder, "sink.db");
  const journalPath = join(folder, "journal.jsonl");
  const airPath = join(folder, "air.sock");
  const port = await freePort();
  let rested = (): void => undefined;
  const resting = new Promise<void>((resolve) => (rested = resolve));
  const devices = new Victim({
    name: "devices",
    folder,
    command: [
      join(project, "simulators/main.ts"),
      "--json",
      `--scenario=${scenarioPath}`,
      `--seed=${seed}`,
      `--socket=${airPath}`,
      `--journal=${journalPath}`,
    ],
    hear: (line) => {
      if (line.includes('"resting"')) rested();
      return line.includes('"ready"');
    },
  });
  const cloud = new Victim({
    name: "cloud",
    folder,
    command: [join(project, "gateway/cli/carepost.mjs"), "ingest", "--json", "--sink", sinkPath, "--port", `${port}`],
    hear: (line) => line.includes('"listening"'),
  });
  for (const process of [devices, cloud]) {
    process.start();
    await process.ready(30_000);
  }
  // The gateway in the machine is not the user that serves the air.
  for (const path of [folder, airPath]) chmodSync(path, 0o777);
  const { roster } = createWorld(loadScenario(scenarioPath), { clock: createVirtualClock(0), seed });
  return {
    folder,
    airPath,
    brokerUrl: `mqtt://127.0.0.1:${port}`,
    cloud,
    deviceIds: roster.devices.map(({ systemId }) => `system-id:${systemId}`),
    sinkCount: () => countIn(sinkPath),
    rest: async () => {
      devices.signal("SIGUSR2");
      await resting;
      // What is missing is for the comparison to tell.
      await grows(() => countIn(sinkPath), takenIn(journalPath) - 1).catch(() => undefined);
    },
    compare: (hub) => compareIn(hub, { sinkPath, journalPath }),
    close: async () => {
      await Promise.all([devices.stop(), cloud.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const takenIn = (journalPath: string): number => readFileSync(journalPath, "utf8").split('"event":"taken"').length - 1;

async function countIn(sinkPath: string): Promise<number> {
  const sink = openSinkReader({ path: sinkPath, key: null, clock: systemClock });
  try {
    return (await sink.counts()).readings;
  } finally {
    await sink.close();
  }
}

async function compareIn(
  { storeFolder, key }: HubFiles,
  { sinkPath, journalPath }: { readonly sinkPath: string; readonly journalPath: string },
): Promise<Books> {
  // A copy: whoever opens the hub's own may leave files of another owner behind.
  const copy = mkdtempSync(join(tmpdir(), "carepost-copy-"));
  cpSync(storeFolder, copy, { recursive: true, filter: (path) => !path.endsWith(".sock") });
  const store = await openStore({ path: join(copy, "gateway.db"), key, clock: systemClock, thread: "inline" });
  const sink = openSinkReader({ path: sinkPath, key: null, clock: systemClock });
  try {
    return compareBooks({ ...(await readBooks({ journalPath, store, sink })), acknowledged: new Set() });
  } finally {
    await store.close();
    await sink.close();
    rmSync(copy, { recursive: true });
  }
}

/** Waits until a count has grown beyond what it was. */
export async function grows(count: () => Promise<number>, beyond: number, timeoutMs = 90_000): Promise<number> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const now = await count();
    if (now > beyond) return now;
    if (performance.now() > endMs) throw new Error(`it is still ${now} after ${timeoutMs} ms`);
    await sleep(250);
  }
}
