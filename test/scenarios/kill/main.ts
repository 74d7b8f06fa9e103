import { parseArgs } from "node:util";
import { torture, type Torture, tortureSummary } from "./torture.ts";

/** `npm run torture`. Progress goes to standard error, the summary to standard output; it fails if anything is wrong. */
const usage = `Usage: npm run torture -- [--cycles 1000] [--power-cuts 400] [--seed N] [--json]

Kills gateway, broker and ingestor while devices speak and the network flaps, cuts the power under each database, and
compares what devices showed with what the sink holds. The planted faults beside it must be found.
`;

const options = {
  cycles: { type: "string", default: "1000" },
  "power-cuts": { type: "string", default: "400" },
  seed: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

process.exitCode = await main();

async function main(): Promise<number> {
  const flags = readFlags();
  if (flags === null || flags.help) {
    (flags === null ? process.stderr : process.stdout).write(usage);
    return flags === null ? 2 : 0;
  }
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopping.abort());
  const tell = (progress: string): void => void process.stderr.write(`# ${progress}\n`);
  tell(`seed ${flags.seed}`);
  try {
    const done = await torture({ ...flags, signal: stopping.signal, tell });
    process.stdout.write(flags.json ? `${JSON.stringify(tortureSummary(done))}\n` : summaryText(done));
    return done.flaws.length === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`the torture could not be finished: ${error instanceof Error ? error.message : "unknown"}\n`);
    return 1;
  }
}

interface Flags {
  readonly cycles: number;
  readonly powerCuts: number;
  readonly seed: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** Null if it cannot be understood. */
function readFlags(): Flags | null {
  try {
    const { cycles, "power-cuts": cuts, seed, json, help } = parseArgs({ options }).values;
    const numbers = [Number(cycles), Number(cuts), Number(seed ?? Date.now() % 1_000_000)] as const;
    const isValid = numbers.every(Number.isSafeInteger) && numbers[0] > 0 && numbers[1] > 0;
    return isValid ? { cycles: numbers[0], powerCuts: numbers[1], seed: numbers[2], json, help } : null;
  } catch {
    return null;
  }
}

function summaryText(done: Torture): string {
  const { kills, pubackControl, powerCuts, syncKills, flaws } = done;
  const { store, control } = syncKills;
  const { gateway, broker, ingestor } = kills.kills;
  const killed = gateway + broker + ingestor;
  const cuts = Object.entries(powerCuts.product).map(
    ([name, { cuts: count, cutsWithLoss }]) => `  ${count} of the ${name}: ${cutsWithLoss} lost something`,
  );
  const lines = [
    `${kills.cycles} cycles: ${killed} kills (gateway ${gateway}, broker ${broker}, ingestor ${ingestor})`,
    `shown ${kills.shown}, in the sink ${kills.stored}, delivered again ${kills.delivered.duplicates}`,
    `lost ${kills.lost.length}, doubled ${kills.doubled.length}, misattributed ${kills.misattributed.length}`,
    `with 95 % confidence fewer than ${(300 / killed).toFixed(2)} % of kills lose anything`,
    "power cuts:",
    ...cuts,
    `kills at each of ${store.syncs} syncs and at ${store.writes} writes: ${store.killsWithLoss} lost something`,
    "controls, which must lose something:",
    `  let go at PUBACK: ${pubackControl.letGo.length} readings`,
    `  synchronous=NORMAL: in ${powerCuts.control.cutsWithLoss} of ${powerCuts.control.cuts} cuts`,
    `  acknowledged before the commit: in ${control.killsWithLoss} of ${control.writes + control.syncs} kills`,
    ...(kills.evidence === null ? [] : [`evidence: ${kills.evidence}`]),
    ...flaws.map((flaw) => `WRONG: ${flaw}`),
    flaws.length === 0 ? "nothing is wrong" : `repeat it with --seed ${kills.seed}`,
  ];
  return `${lines.join("\n")}\n`;
}
