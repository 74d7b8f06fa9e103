import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { bareEnvironment } from "../../gateway/cli/child-process.ts";
import type { FleetReport } from "../../simulators/fleet/fleet-report.ts";
import type { WatchResult } from "../../simulators/fleet/process-watch.ts";
import { mosquittoPath, startMosquitto } from "../doubles/mosquitto.ts";
import { type Figure, figureOf, type Suite, type SuiteOptions } from "./figure.ts";

const suite = "fleet";
const project = join(import.meta.dirname, "..", "..");

/** As gateways grow and as they all come back, over the embedded broker and over mosquitto with an ingestor. */
export const fleet: Suite = {
  name: suite,
  about: "thousands of gateways: memory a connection, work a reading as they grow, and the storm when all come back",
  async run(options: SuiteOptions): Promise<readonly Figure[]> {
    const figures = await ofBroker("embedded", options);
    if (mosquittoPath !== null) figures.push(...(await ofBroker("mosquitto", options)));
    else options.progress("mosquitto is not installed: its part is left out");
    return figures;
  },
};

type Broker = "embedded" | "mosquitto";

async function ofBroker(broker: Broker, options: SuiteOptions): Promise<Figure[]> {
  const { short, progress } = options;
  const figures: Figure[] = [];
  for (const gateways of short ? [10, 200] : [10, 100, 1_000, 10_000]) {
    const report = await runAgainst(broker, options, steady(gateways, short));
    progress(`${broker}, ${gateways} gateways: ${Math.round(readingUs(report))} µs a reading`);
    figures.push(figure(`${broker}: a reading, ${count(gateways)} gateways`, "µs of processor", readingUs(report)));
  }
  const gateways = short ? 200 : 10_000;
  // Of fewer, what the process itself grows by in its first seconds is more than their connections.
  if (!short) {
    const idle = await runAgainst(broker, options, [`--gateways=${gateways}`, "--speed=1", "--keep-alive=900s"]);
    figures.push(
      figure(`${broker}: an idle plain connection, ${count(gateways)} gateways`, "KiB", connectionKiB(idle)),
    );
  }
  const away = short ? ["--for=15s", "--outage=1s", "--reconnect-max=2s"] : ["--for=90s", "--outage=30s"];
  const storm = await runAgainst(broker, options, ["--scenario=storm", `--gateways=${gateways}`, ...away]);
  progress(`${broker}: ${JSON.stringify(storm.course.outage)}`);
  const name = `${broker}: storm of ${count(gateways)}`;
  const { outage } = storm.course;
  if (outage === null || outage.allBackMs === null || outage.backlogReceivedMs === null) {
    throw new RangeError(`the storm of ${gateways} gateways over ${broker} did not end in time`);
  }
  figures.push(figure(`${name}, all back after`, "s", outage.allBackMs / 1_000));
  figures.push(figure(`${name}, every backlog received after`, "s", outage.backlogReceivedMs / 1_000));
  figures.push(figure(`${name}, receipt after, p99`, "ms", storm.totals.receiptMs.p99));
  return figures;
}

/** The same 800 readings a second from however many gateways. */
function steady(gateways: number, short: boolean): readonly string[] {
  const times = short ? ["--for=5s", "--ramp=1s"] : ["--for=30s", `--ramp=${Math.ceil(gateways / 500)}s`];
  return [`--gateways=${gateways}`, `--speed=${8_640_000 / gateways}`, ...times];
}

const figure = (name: string, unit: string, value: number): Figure =>
  figureOf({ suite, name, unit, note: "one round" }, [value]);

/** What broker and ingestor together took for a reading, once all were connected. */
function readingUs({ watched, totals, course }: FleetReport): number {
  const fromS = (course.allConnectedMs ?? 0) / 1_000 + 1;
  const cpuS = watched.map((process) => cpuBetween(process, fromS)).reduce((sum, one) => sum + one, 0);
  const lastS = watched[0]?.samples.at(-1)?.atS ?? fromS;
  const share = (lastS - fromS) / (course.durationMs / 1_000);
  return (cpuS / (totals.receipted * share)) * 1e6;
}

function cpuBetween({ samples }: WatchResult, fromS: number): number {
  const later = samples.filter(({ atS }) => atS >= fromS);
  return later.reduce((sum, { atS, cores }, index) => sum + cores * (atS - (later[index - 1]?.atS ?? atS - 1)), 0);
}

const connectionKiB = ({ watched, gateways }: FleetReport): number =>
  (((watched[0]?.rssMiB.end ?? 0) - (watched[0]?.rssMiB.start ?? 0)) * 1_024) / gateways;

async function runAgainst(broker: Broker, options: SuiteOptions, flags: readonly string[]): Promise<FleetReport> {
  const folder = join(options.folder, `${broker}-${flags.join("").replaceAll(/\W/g, "")}`);
  mkdirSync(folder);
  const mosquitto = broker === "mosquitto" && mosquittoPath !== null ? await startMosquitto(mosquittoPath) : null;
  const ingest = await startIngestProcess(folder, mosquitto?.url ?? null);
  const watched = mosquitto === null ? [] : [`--watch-pid=broker=${mosquitto.pid()}`];
  try {
    return await fleetReport([
      `--broker=${mosquitto?.url ?? ingest.url}`,
      `--protocol=${mosquitto === null ? "3.1.1" : "5"}`,
      ...watched,
      `--watch-pid=ingestor=${ingest.child.pid}`,
      ...flags,
    ]);
  } finally {
    ingest.child.kill("SIGTERM");
    await once(ingest.child, "close");
    await mosquitto?.stop();
  }
}

interface IngestProcess {
  readonly child: ChildProcess;
  readonly url: string;
}

/** `carepost ingest` with room for the whole fleet; its own broker, or another's. */
async function startIngestProcess(folder: string, brokerUrl: string | null): Promise<IngestProcess> {
  const place = brokerUrl === null ? ["port: 0"] : ["role: ingestor", `brokerUrl: ${brokerUrl}`];
  const room = ["connectionsMax: 20000", "pendingConnectionsMax: 4000", "connectTimeoutS: 30"];
  const keys = [`path: ${join(folder, "sink.db")}`, ...place, ...room];
  const config = join(folder, "carepost.yaml");
  writeFileSync(config, `ingest:\n${keys.map((key) => `  ${key}\n`).join("")}`);
  const child = spawn(process.execPath, [join(project, "gateway/cli/carepost.mjs"), "ingest", "-c", config, "--json"], {
    stdio: ["ignore", "pipe", "ignore"],
    env: bareEnvironment(),
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, url }: { event: string; url: string | null } = JSON.parse(line);
    if (event !== "listening") continue;
    // What it tells from now on is for nobody, and must not fill the pipe.
    child.stdout.resume();
    return { child, url: url ?? "" };
  }
  throw new RangeError("the ingestor ended before it listened");
}

async function fleetReport(flags: readonly string[]): Promise<FleetReport> {
  const child = spawn(process.execPath, [join(project, "simulators/fleet/main.ts"), ...flags, "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, complaint] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (out === "") throw new RangeError(`the fleet did not run: ${complaint}`);
  const report: FleetReport = JSON.parse(out);
  if (report.totals.lost > 0) throw new RangeError(`${report.totals.lost} readings were lost`);
  return report;
}

const count = (gateways: number): string => gateways.toLocaleString("en-US");
