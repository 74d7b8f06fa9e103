import { parseArgs } from "node:util";
import { type ClusterReport, runCluster } from "./run-cluster.ts";
import { mosquittoShape } from "./mosquitto-shape.ts";
import { natsShape } from "./nats-shape.ts";
import type { Shape } from "./shape.ts";

/** `npm run cluster` and `npm run fleet`. Progress goes to standard error; it fails if anything is wrong. */
const usage = `Usage: npm run fleet   -- [options]   mosquitto, PostgreSQL, four ingestors, a thousand gateways, over mutual TLS
       npm run cluster -- [options]   three NATS nodes, three PostgreSQL servers, three ingestors, a hundred gateways

Brings all of it up on this machine, kills what it consists of while people measure, and compares what was shown with
what the database holds.

Options:
  --gateways N   how many gateways
  --for SECONDS  how long people measure (default: 60, and 120 with NATS)
  --speed N      how many times faster than the clock they live (default: 4000)
  --seed N       another seed is another fleet
  --json         the report as one JSON object
`;

const options = {
  shape: { type: "string", default: "nats" },
  gateways: { type: "string" },
  for: { type: "string" },
  speed: { type: "string", default: "4000" },
  seed: { type: "string", default: String(Date.now() % 1_000_000) },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const shapes: readonly Shape[] = [natsShape, mosquittoShape];

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
  try {
    const { shape, json } = flags;
    const report = await runCluster(shape, { ...flags, tell, signal: stopping.signal });
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : reportText(report));
    return report.flaws.length === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`it could not be finished: ${error instanceof Error ? error.message : "unknown"}\n`);
    return 1;
  }
}

interface Flags {
  readonly shape: Shape;
  readonly gateways: number;
  readonly forMs: number;
  readonly speed: number;
  readonly seed: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** Null if it cannot be understood. */
function readFlags(): Flags | null {
  try {
    const said = parseArgs({ options }).values;
    const shape = shapes.find(({ name }) => name === said.shape);
    if (shape === undefined) return null;
    const [gateways = 0, forS = 0, speed = 0, seed = 0] = [
      said.gateways ?? shape.gateways,
      said.for ?? shape.forS,
      said.speed,
      said.seed,
    ].map(Number);
    const isValid = [gateways, forS, speed].every((value) => Number.isSafeInteger(value) && value > 0);
    if (!isValid || !Number.isSafeInteger(seed)) return null;
    return { shape, gateways, forMs: forS * 1000, speed, seed, json: said.json, help: said.help };
  } catch {
    return null;
  }
}

function reportText({ fleet, struck, ...report }: ClusterReport): string {
  const { totals, sink, network } = fleet;
  const lines = [
    `${report.gateways} gateways, ${network.opened} connections, seed ${report.seed}`,
    ...struck.map(({ name, atMs, upAfterMs }) => `  ${seconds(atMs)}  ${name}, up again after ${seconds(upAfterMs)}`),
    `shown ${totals.shown}, receipted ${totals.receipted}, resent ${totals.resent}`,
    `in the database ${report.rows} rows of ${report.distinct} readings, dead letters ${report.deadLetters}`,
    `receipt after p50 ${totals.receiptMs.p50.toFixed(0)} ms, p99 ${totals.receiptMs.p99.toFixed(0)} ms; from the device's word p50 ${totals.deliveryMs.p50.toFixed(0)} ms, p99 ${totals.deliveryMs.p99.toFixed(0)} ms, at most ${seconds(totals.deliveryMs.max)}`,
    `lost ${totals.lost + (sink?.lost ?? 0)}, doubled ${report.rows - report.distinct}`,
    ...report.flaws.map((flaw) => `WRONG: ${flaw}`),
    report.evidence === null ? "nothing is wrong" : `evidence: ${report.evidence}`,
  ];
  return `${lines.join("\n")}\n`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
