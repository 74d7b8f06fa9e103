import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Figure, reachesAim, type Suite } from "./figure.ts";
import { suites } from "./suites.ts";

/**
 * `npm run bench`: the product's own measurements. Figures go to standard output (a table, or JSON lines with `--json`),
 * progress to standard error. It fails only if a measurement could not be made: speed is reported, not judged.
 */
const usage = `Usage: npm run bench -- [--only decode,intake] [--rounds 5] [--short] [--json] [--list]

Measures the product beside hand-made limits, in the same rounds, on this machine's disk and loopback network.
`;

const options = {
  json: { type: "boolean", default: false },
  short: { type: "boolean", default: false },
  rounds: { type: "string" },
  only: { type: "string" },
  list: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

type Flags = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

const given = readFlags();
process.exitCode = given === null ? 2 : await main(given);

function readFlags(): Flags | null {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return null;
  }
}

async function main(flags: Flags): Promise<number> {
  if (flags.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (flags.list) {
    for (const suite of suites) process.stdout.write(`${suite.name.padEnd(12)}${suite.about}\n`);
    return 0;
  }
  const chosen = choose(flags.only);
  const rounds = Number(flags.rounds ?? (flags.short ? 1 : 5));
  if (chosen === null || !Number.isInteger(rounds) || rounds < 1) {
    process.stderr.write(usage);
    return 2;
  }
  if (!flags.json) process.stdout.write(`${"figure".padEnd(64)}${"median".padStart(12)}  unit          range\n`);
  for (const suite of chosen) await runSuite(suite, rounds, flags);
  return 0;
}

function choose(only: string | undefined): readonly Suite[] | null {
  if (only === undefined) return suites;
  const names = only.split(",");
  const chosen = suites.filter((suite) => names.includes(suite.name));
  return chosen.length === names.length ? chosen : null;
}

async function runSuite(suite: Suite, rounds: number, flags: Flags): Promise<void> {
  const folder = mkdtempSync(join(process.env["CAREPOST_BENCH_DIR"] ?? tmpdir(), `carepost-bench-${suite.name}-`));
  const progress = (text: string): void => void process.stderr.write(`# ${suite.name}: ${text}\n`);
  try {
    for (const figure of await suite.run({ rounds, short: flags.short, folder, progress })) print(figure, flags);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function print(figure: Figure, flags: Flags): void {
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ ...figure, reached: reachesAim(figure) })}\n`);
    return;
  }
  const range = `${short(figure.min)} … ${short(figure.max)} (${figure.rounds})`;
  const name = `${figure.suite}: ${figure.name}`;
  process.stdout.write(
    `${name.padEnd(64)}${short(figure.value).padStart(12)}  ${figure.unit.padEnd(13)} ${range}${aimText(figure)}\n`,
  );
}

function aimText(figure: Figure): string {
  const { aim } = figure;
  if (aim === undefined) return "";
  const wanted = "atLeast" in aim ? `≥ ${short(aim.atLeast)}` : `≤ ${short(aim.atMost)}`;
  return `  aim ${wanted}: ${reachesAim(figure) === true ? "reached" : "missed"}`;
}

function short(value: number): string {
  if (Math.abs(value) >= 10_000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(4)));
}
