import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openSinkReader } from "../../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { openStore } from "../../../gateway/store/sqlite-store.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { seededRandom } from "../../../simulators/random.ts";
import { type Books, compareBooks } from "./books.ts";
import { type DeliveriesWitness, witnessDeliveries } from "./deliveries-witness.ts";
import { type BookKeepers, readBooks } from "./read-books.ts";
import { type Cycle, nextCycle, type Temper, type VictimName } from "./schedule.ts";
import { setStage, type Stage, type StageOptions } from "./stage.ts";

export interface KillOptions extends StageOptions {
  readonly cycles: number;
  readonly temper: Temper;
  /** Called after each cycle. */
  readonly onCycle?: (done: number) => void;
  readonly signal?: AbortSignal;
}

export interface KillReport extends Books {
  readonly cycles: number;
  readonly seed: number;
  readonly kills: Readonly<Record<VictimName, number>>;
  /** Readings that came to the broker again, of all that came. */
  readonly delivered: { readonly heard: number; readonly duplicates: number };
  /** How long it took, after the last kill, until nothing waited any more; null if it never came to that. */
  readonly settledMs: number | null;
  /** What still waits in the gateway's outbox. */
  readonly waiting: number;
  /** Processes that ended although nobody had killed them. */
  readonly ownDeaths: readonly string[];
  readonly durationMs: number;
  /** Where the databases, the journal and the logs are kept, of a run that went wrong; else null. */
  readonly evidence: string | null;
}

const readyMs = 60_000;
const stillMsMax = 120_000;
const settleMsMax = 600_000;
const settlePollMs = 250;
/** What the broker has acknowledged may still be on its way to the sink. */
const transitMs = 1000;

/** Kills and restarts for so many cycles, lets everything come to rest, and compares the books. */
export async function runKills(options: KillOptions): Promise<KillReport> {
  const startedMs = performance.now();
  const stage = await setStage(options);
  const witness = witnessDeliveries(stage.brokerUrl);
  try {
    await startAll(stage);
    const random = seededRandom(options.seed);
    for (let done = 1; done <= options.cycles; done += 1) {
      options.signal?.throwIfAborted();
      await play(nextCycle(random, options.temper), stage);
      options.onCycle?.(done);
    }
    return await closeBooks({ stage, witness, options, startedMs });
  } catch (cause) {
    if (options.signal?.aborted === true) throw cause;
    const reason = cause instanceof Error ? cause.message : "something failed";
    throw new Error(`${reason}; what was left is in ${stage.folder}`, { cause });
  } finally {
    await stopAll(stage);
    await witness.stop();
    await stage.proxy.close();
    if (options.signal?.aborted === true) rmSync(stage.folder, { recursive: true, force: true });
  }
}

/** Is there anything in the report that must not be? */
const isFlawless = (report: KillReport): boolean =>
  report.settledMs !== null && flawsOf(report).every(({ found }) => found.length === 0);

/** What must be empty, by name. */
export const flawsOf = (report: KillReport): readonly { readonly name: string; readonly found: readonly string[] }[] =>
  flawNames.map((name) => ({ name, found: report[name] }));

const flawNames = [
  "lost",
  "doubled",
  "misattributed",
  "invented",
  "forgotten",
  "letGo",
  "contextsLost",
  "uncollected",
  "ownDeaths",
] as const;

async function startAll({ devices, victims }: Stage): Promise<void> {
  for (const process of [devices, victims.broker, victims.ingestor, victims.gateway]) {
    process.start();
    await process.ready(readyMs);
  }
}

async function play(cycle: Cycle, { proxy, victims }: Stage): Promise<void> {
  if (cycle.network === "cut") proxy.cut();
  else if (cycle.network !== null) proxy.setMode(cycle.network);
  if (cycle.from === "ready") {
    await Promise.all(Object.values(victims).map((victim) => victim.ready(readyMs)));
  }
  await sleep(cycle.afterMs);
  await Promise.all(cycle.victims.map((name) => victims[name].kill()));
  await sleep(cycle.awayMs);
  for (const name of cycle.victims) victims[name].start();
}

interface Closing {
  readonly stage: Stage;
  readonly witness: DeliveriesWitness;
  readonly options: KillOptions;
  readonly startedMs: number;
}

async function closeBooks({ stage, witness, options, startedMs }: Closing): Promise<KillReport> {
  const { victims, proxy, devices, folder } = stage;
  proxy.setMode("pass");
  devices.signal("SIGUSR2");
  await Promise.all([stage.resting, ...Object.values(victims).map((victim) => victim.ready(readyMs))]);
  const settledMs = await settle(stage);
  await stopAll(stage);
  const { books, waiting } = await withKeepers(stage, async (keepers) => ({
    books: compareBooks({ ...(await readBooks(keepers)), acknowledged: stage.acknowledged }),
    waiting: (await keepers.store.counts()).waiting,
  }));
  const { gateway, broker, ingestor } = victims;
  const report: KillReport = {
    ...books,
    cycles: options.cycles,
    seed: options.seed,
    kills: { gateway: gateway.kills, broker: broker.kills, ingestor: ingestor.kills },
    delivered: witness.counts(),
    settledMs,
    waiting,
    ownDeaths: [devices, gateway, broker, ingestor].flatMap(({ name, ownDeaths }) =>
      ownDeaths.map((how) => `${name}: ${how}`),
    ),
    durationMs: Math.round(performance.now() - startedMs),
    evidence: null,
  };
  if (!isFlawless(report)) return { ...report, evidence: folder };
  rmSync(folder, { recursive: true, force: true });
  return report;
}

/**
 * Waits until the gateway has collected everything and has nothing left to deliver. Null if that does not come: if nothing
 * moves for `stillMsMax`, or not all of it within `settleMsMax`.
 */
async function settle(stage: Stage): Promise<number | null> {
  const startMs = performance.now();
  return await withKeepers(stage, async (keepers) => {
    let left = await leftToDo(stage, keepers);
    for (let movedMs = startMs; left > 0;) {
      await sleep(settlePollMs);
      const now = await leftToDo(stage, keepers);
      const nowMs = performance.now();
      if (now !== left) movedMs = nowMs;
      left = now;
      if (nowMs - movedMs > stillMsMax || nowMs - startMs > settleMsMax) return null;
    }
    const settledMs = Math.round(performance.now() - startMs);
    await sleep(transitMs);
    return settledMs;
  });
}

/** How much is still to be collected or delivered. */
async function leftToDo({ acknowledged }: Stage, keepers: BookKeepers): Promise<number> {
  const { waiting } = await keepers.store.counts();
  const { uncollected, contextsLost } = compareBooks({ ...(await readBooks(keepers)), acknowledged });
  // A context may come later than its reading, and then the reading is delivered once more.
  return waiting + uncollected.length + contextsLost.length;
}

async function withKeepers<T>(stage: Stage, use: (keepers: BookKeepers) => Promise<T>): Promise<T> {
  const { storePath, sinkPath, journalPath, key } = stage;
  const shared = { key, clock: systemClock };
  const store = await openStore({ ...shared, path: storePath, thread: "inline", access: "reader" });
  const sink = openSinkReader({ ...shared, path: sinkPath });
  try {
    return await use({ journalPath, store, sink });
  } finally {
    await sink.close();
    await store.close();
  }
}

/** Those who send before those who receive. */
async function stopAll({ devices, victims }: Stage): Promise<void> {
  for (const process of [devices, victims.gateway, victims.ingestor, victims.broker]) await process.stop();
}
