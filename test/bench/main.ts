import { parseArgs } from "node:util";
import { type Figure, reachesAim, type Suite } from "./figure.ts";
import { measureApart } from "./suite-process.ts";
import { suites } from "./suites.ts";

/**
 * `npm run bench`: the product's own measurements. Figures go to standard output (a table, or JSON lines with `--json`),
 * progress to standard error. Each suite has a process of its own. It fails only if a measurement could not be made, and
 * then says so after all the others: speed is reported, not judged.
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

/** The longest suite takes half a minute in its short form, and half an hour in its whole one, on a quiet machine. */
const limitS = { short: 300, whole: 3 * 3600 };

/** One that fails is measured once more, and what it failed with is told either way. */
const attemptsMax = 2;

type Flags = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

// The suites have groups of their own, which a terminal's Ctrl-C does not reach: they are ended as this process exits.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

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
  let failures = 0;
  for (const suite of chosen) if (!(await isMeasured(suite, rounds, flags))) failures += 1;
  return failures === 0 ? 0 : 1;
}

function choose(only: string | undefined): readonly Suite[] | null {
  if (only === undefined) return suites;
  const names = only.split(",");
  const chosen = suites.filter((suite) => names.includes(suite.name));
  return chosen.length === names.length ? chosen : null;
}

async function isMeasured({ name }: Suite, rounds: number, flags: Flags): Promise<boolean> {
  const task = { name, rounds, short: flags.short };
  const suiteLimitS = flags.short ? limitS.short : limitS.whole;
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    try {
      for (const figure of await measureApart(task, suiteLimitS)) print(figure, flags.json);
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      process.stderr.write(`# ${name}: attempt ${attempt} of ${attemptsMax} failed: ${reason}\n`);
    }
  }
  return false;
}

function print(figure: Figure, json: boolean): void {
  if (json) {
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
