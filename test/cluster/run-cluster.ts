import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { OwnProcess } from "./own-process.ts";
import type { Raised, Shape, Strike } from "./shape.ts";

export interface ClusterOptions {
  readonly gateways: number;
  readonly seed: number;
  /** How long people measure; the strikes are spread over it. */
  readonly forMs: number;
  readonly speed: number;
  readonly tell: (progress: string) => void;
  readonly signal: AbortSignal;
}

/** What became of the readings. `struck`: each failure, and how long it took until what was struck was up again. */
export interface ClusterReport {
  readonly shape: string;
  readonly gateways: number;
  readonly seed: number;
  readonly forMs: number;
  readonly struck: readonly { readonly name: string; readonly atMs: number; readonly upAfterMs: number }[];
  readonly fleet: FleetBooks;
  /** What the database itself says, beside the books of the fleet. */
  readonly rows: number;
  readonly distinct: number;
  readonly deadLetters: number;
  readonly flaws: readonly string[];
  /** Where everything is kept, of a run that went wrong; else null. */
  readonly evidence: string | null;
}

const percentiles = z.looseObject({ count: z.int(), p50: z.number(), p99: z.number(), max: z.number() });
const fleetBooks = z.looseObject({
  network: z.looseObject({ opened: z.int(), attempts: z.int() }),
  totals: z.looseObject({
    shown: z.int(),
    receipted: z.int(),
    waiting: z.int(),
    rejected: z.int(),
    deadLettered: z.int(),
    lost: z.int(),
    resent: z.int(),
    receiptMs: percentiles,
    deliveryMs: percentiles,
  }),
  sink: z.looseObject({ rows: z.int(), lost: z.int(), doubled: z.int(), storedUnreceipted: z.int() }).nullable(),
});
type FleetBooks = z.infer<typeof fleetBooks>;

const fleetProgram = join(import.meta.dirname, "../../simulators/fleet/main.ts");
const drainMs = 180_000;

/** Raises the shape, lets the fleet measure while everything is struck once, and compares the books. */
export async function runCluster(shape: Shape, options: ClusterOptions): Promise<ClusterReport> {
  const folder = mkdtempSync(join(tmpdir(), "carepost-cluster-"));
  // PostgreSQL and mosquitto run as users of their own where they are started by root.
  chmodSync(folder, 0o755);
  options.tell(`raising ${shape.about}`);
  let isFlawless = false;
  const raised = await shape.raise(folder);
  try {
    const report = await strikeAndCompare(shape, raised, { ...options, folder });
    isFlawless = report.flaws.length === 0;
    return report;
  } finally {
    await raised.remove();
    if (isFlawless || options.signal.aborted) rmSync(folder, { recursive: true, force: true });
  }
}

interface Run extends ClusterOptions {
  readonly folder: string;
}

async function strikeAndCompare(shape: Shape, raised: Raised, run: Run): Promise<ClusterReport> {
  const { fleet, books } = startFleet(raised, run);
  const stop = (): void => void fleet.stop();
  run.signal.addEventListener("abort", stop, { once: true });
  try {
    const struck = await strikeAll(raised.strikes, fleet, run);
    run.tell("everything is up again: waiting for the last receipts");
    await fleet.ended();
    run.signal.throwIfAborted();
    const [rows = 0, distinct = 0, deadLetters = 0] = raised
      .sql("SELECT count(*), count(DISTINCT id), (SELECT count(*) FROM carepost.dead_letters) FROM carepost.readings")
      .split("|")
      .map(Number);
    const said = {
      shape: shape.name,
      gateways: run.gateways,
      seed: run.seed,
      forMs: run.forMs,
      struck,
      fleet: books(),
    };
    const report = { ...said, rows, distinct, deadLetters };
    const flaws = flawsOf(report, raised.strikes.length);
    return { ...report, flaws, evidence: flaws.length === 0 ? null : run.folder };
  } finally {
    run.signal.removeEventListener("abort", stop);
    await fleet.kill();
  }
}

function startFleet(
  { fleetOptions }: Raised,
  run: Run,
): { readonly fleet: OwnProcess; readonly books: () => FleetBooks } {
  const lines: string[] = [];
  const settings = {
    gateways: run.gateways,
    seed: run.seed,
    speed: run.speed,
    for: `${run.forMs}ms`,
    drain: `${drainMs}ms`,
    "reconnect-max": "5s",
  };
  const fleet = new OwnProcess({
    name: "fleet",
    program: process.execPath,
    parameters: [
      fleetProgram,
      "--json",
      ...fleetOptions,
      ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`),
    ],
    logPath: join(run.folder, "fleet.log"),
    hear: (line) => lines.push(line),
  });
  fleet.start();
  return { fleet, books: () => fleetBooks.parse(JSON.parse(lines.at(-1) ?? "null")) };
}

/** One after the other, evenly over the time in which people measure. */
async function strikeAll(strikes: readonly Strike[], fleet: OwnProcess, run: Run): Promise<ClusterReport["struck"]> {
  const beganMs = performance.now();
  const struck: { name: string; atMs: number; upAfterMs: number }[] = [];
  for (const [index, { name, strike }] of strikes.entries()) {
    const dueMs = (run.forMs * (index + 1)) / (strikes.length + 1);
    await sleep(Math.max(0, dueMs - (performance.now() - beganMs)), undefined, { signal: run.signal });
    if (!fleet.isAlive) throw new Error(`the fleet ended too early: see ${join(run.folder, "fleet.log")}`);
    const atMs = Math.round(performance.now() - beganMs);
    await strike();
    const upAfterMs = Math.round(performance.now() - beganMs - atMs);
    struck.push({ name, atMs, upAfterMs });
    run.tell(`${(atMs / 1000).toFixed(1)} s: ${name}; up again after ${(upAfterMs / 1000).toFixed(1)} s`);
  }
  return struck;
}

/** What must not be. A strike that came after the last reading would have proved nothing. */
export function flawsOf(
  { fleet, forMs, rows, distinct, deadLetters, struck }: Omit<ClusterReport, "flaws" | "evidence">,
  strikes: number,
): readonly string[] {
  const { totals, sink } = fleet;
  const wrong: readonly (readonly [boolean, string])[] = [
    [totals.shown === 0, "nobody measured anything"],
    [struck.length !== strikes, "not everything was struck"],
    [struck.some(({ atMs }) => atMs >= forMs), "something was struck when nobody measured any more: give it longer"],
    [totals.lost > 0, `${totals.lost} readings are in no outbox and have no receipt`],
    [totals.waiting > 0, `${totals.waiting} readings have no receipt yet`],
    [totals.rejected + totals.deadLettered > 0, `${totals.rejected + totals.deadLettered} readings were rejected`],
    [sink === null, "the database was not compared"],
    [(sink?.lost ?? 0) > 0, `${sink?.lost} receipted readings are not in the database`],
    [(sink?.doubled ?? 0) > 0 || rows !== distinct, `${rows - distinct} rows are there twice`],
    [rows !== totals.shown, `${totals.shown} readings were shown, and ${rows} rows are there`],
    [deadLetters > 0, `${deadLetters} dead letters`],
  ];
  return wrong.filter(([is]) => is).map(([, flaw]) => flaw);
}
