import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { bootGuest } from "./guest/boot-guest.ts";
import { GuestReport } from "./guest-report.ts";

export interface GuestsRun {
  readonly kernel: string;
  /** Each guest has a folder of its own in it. */
  readonly outFolder: string;
  readonly limitMs: number;
  readonly cycles: number;
  /** The tests whose name holds this text; null for all. */
  readonly only: string | null;
  /** The suites whose file name holds this text; null for all. */
  readonly file: string | null;
  readonly tell: (progress: string) => void;
}

/** What one guest is to run. */
interface Share {
  readonly name: string;
  readonly suites: readonly string[];
}

/** As much as Node, SQLite and a stack with its devices need; it is taken only as it is used. */
const memoryMiB = 1_536;

/** Runs the suites, in two guests side by side where there is a processor for each. Returns whether all has passed. */
export async function runGuests(run: GuestsRun, signal: AbortSignal): Promise<boolean> {
  const shares = sharesOf(run);
  const passed = await Promise.all(shares.map((share) => runShare(run, share, signal)));
  return passed.every(Boolean);
}

/** The scenarios take as long as all the rest. */
function sharesOf({ only, file }: GuestsRun): readonly Share[] {
  if (file !== null) return [{ name: "guest", suites: [file] }];
  const suites = readdirSync(join(import.meta.dirname, "suites")).filter((name) => name.endsWith(".test.ts"));
  if (only !== null || availableParallelism() < 2) return [{ name: "guest", suites }];
  const isScenarios = (name: string): boolean => name === "scenarios.test.ts";
  return [
    { name: "scenarios", suites: suites.filter(isScenarios) },
    { name: "contracts", suites: suites.filter((name) => !isScenarios(name)) },
  ];
}

async function runShare(run: GuestsRun, { name, suites }: Share, signal: AbortSignal): Promise<boolean> {
  const { kernel, limitMs, only, tell } = run;
  const outFolder = join(run.outFolder, name);
  // What an earlier run left there is not to be taken for this one's.
  rmSync(outFolder, { recursive: true, force: true });
  mkdirSync(outFolder, { recursive: true });
  const report = new GuestReport(outFolder);
  const lines: string[] = [];
  const startedMs = performance.now();
  const end = await bootGuest(
    {
      kernel,
      outFolder,
      limitMs,
      memoryMiB,
      vitest: [...(only === null ? [] : ["-t", only]), ...suites],
      environment: { CAREPOST_CYCLES: String(run.cycles) },
    },
    (raw) => {
      lines.push(raw);
      const line = report.hear(raw);
      if (line !== null) process.stdout.write(`${line}\n`);
    },
    signal,
  );
  writeFileSync(join(outFolder, "console.log"), lines.join("\n"));
  const { passed, summary } = report.judge(end);
  tell(`${name}: ${summary}, after ${Math.round((performance.now() - startedMs) / 1_000)} s`);
  return passed;
}
