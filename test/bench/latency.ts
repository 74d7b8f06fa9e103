import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Figure, figureOf, percentile, type Suite, type SuiteOptions } from "./figure.ts";
import { type FsyncProbe, probeFsync } from "./limits/fsync-probe.ts";
import { type BrokerProcess, startReceiptingAedes, startReceiptingMosquitto } from "./peers/broker-process.ts";
import { runSteadyLoad } from "./steady-load.ts";
import type { SteadyLoadReport } from "./steady-load-process.ts";

/** How long a reading is on its way, from the notification that brings it, beyond the one fsync that nobody can save. */
export const latency: Suite = {
  name: "latency",
  about: "notification to PUBACK and to receipt at 20 and 100 readings/s, less the fsync of the same minute",
  async run(options: SuiteOptions): Promise<readonly Figure[]> {
    const figures: Figure[] = [];
    for (const start of [startReceiptingAedes, startReceiptingMosquitto]) {
      const broker = await start();
      if (broker === null) options.progress("mosquitto is not installed, so it is left out");
      else figures.push(...(await measureBroker(broker, options)));
    }
    return figures;
  },
};

interface Round {
  readonly report: SteadyLoadReport;
  readonly probe: FsyncProbe;
}

const rates = [20, 100];
const suite = "latency";

async function measureBroker(broker: BrokerProcess, options: SuiteOptions): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const perSecond of rates) {
    const rounds: Round[] = [];
    for (let round = 0; round < options.rounds; round += 1) {
      const folder = join(options.folder, `${broker.name}-${perSecond}-${round}`);
      mkdirSync(folder);
      rounds.push(await measureRound(folder, { broker, perSecond, options }));
    }
    figures.push(...figuresOf(`${broker.name}, ${perSecond}/s`, rounds));
  }
  await broker.stop();
  return figures;
}

interface RoundRequest {
  readonly broker: BrokerProcess;
  readonly perSecond: number;
  readonly options: SuiteOptions;
}

async function measureRound(folder: string, { broker, perSecond, options }: RoundRequest): Promise<Round> {
  const durationMs = options.short ? 2_000 : 10_000;
  const before = probeFsync(folder);
  const storePath = join(folder, "store.db");
  const { report, kill } = await runSteadyLoad({ storePath, url: broker.url, perSecond, durationMs });
  await kill();
  const after = probeFsync(folder);
  const probe = { p50Ms: (before.p50Ms + after.p50Ms) / 2, p99Ms: (before.p99Ms + after.p99Ms) / 2 };
  if (report.receiptMs.length < report.notified) {
    throw new Error(`${report.notified - report.receiptMs.length} of ${report.notified} readings got no receipt`);
  }
  options.progress(`${broker.name}, ${perSecond}/s: ${sketch(report)}; fsync ${probe.p50Ms.toFixed(2)} ms`);
  return { report, probe };
}

const sketch = ({ storedMs, acknowledgedMs, receiptMs }: SteadyLoadReport): string =>
  [storedMs, acknowledgedMs, receiptMs].map((times) => percentile(times, 0.5).toFixed(2)).join(" … ") +
  " ms to disk, PUBACK, receipt";

function figuresOf(name: string, rounds: readonly Round[]): readonly Figure[] {
  const beyond = (times: "acknowledgedMs" | "receiptMs", share: 0.5 | 0.99): readonly number[] =>
    rounds.map(({ report, probe }) => percentile(report[times], share) - (share === 0.5 ? probe.p50Ms : probe.p99Ms));
  const [p50, p99] = [{ atMost: 2 }, { atMost: 6 }];
  const unit = "ms + fsync";
  return [
    figureOf({ suite, name: `${name}: to PUBACK, p50`, unit, aim: p50 }, beyond("acknowledgedMs", 0.5)),
    figureOf({ suite, name: `${name}: to PUBACK, p99`, unit, aim: p99 }, beyond("acknowledgedMs", 0.99)),
    figureOf({ suite, name: `${name}: to receipt, p50`, unit, aim: p50 }, beyond("receiptMs", 0.5)),
    figureOf({ suite, name: `${name}: to receipt, p99`, unit, aim: p99 }, beyond("receiptMs", 0.99)),
  ];
}
