import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseTopic } from "../../cloud-sync/contract/topics.ts";
import { startAedes } from "../doubles/loopback-aedes.ts";
import { type Figure, figureOf, median, type Suite, type SuiteOptions } from "./figure.ts";
import { fillBacklog } from "./fill-backlog.ts";
import { type ResidentMemory, startGatewayProcess } from "./gateway-process.ts";
import { answerTo } from "./peers/receipt-answer.ts";

/** What a backlog costs the gateway process: how soon it sends after its start, and how much memory it holds. */
export const backlog: Suite = {
  name: "backlog",
  about: "start and memory of the gateway process with 10³ … 10⁷ readings waiting",
  async run(options: SuiteOptions): Promise<readonly Figure[]> {
    const sizes = options.short ? [1e3, 1e4, 1e5] : [1e3, 1e4, 1e5, 1e6, 1e7];
    const measured: (readonly Start[])[] = [];
    for (const waiting of sizes) measured.push(await measureSize(waiting, options));
    return [...sizes.flatMap((waiting, at) => sizeFigures(waiting, measured[at] ?? [])), growthFigure(measured)];
  },
};

interface Start {
  readonly toFirstPublishMs: number;
  /** With all of it still waiting. */
  readonly waiting: ResidentMemory;
  /** When a part of it was drained as fast as it goes. */
  readonly drained: ResidentMemory;
}

/** So much of it is drained before memory is looked at, so that pages, batches and receipts have all been in it. */
const drainedReadings = 20_000;
const suite = "backlog";

async function measureSize(waiting: number, options: SuiteOptions): Promise<readonly Start[]> {
  const folder = join(options.folder, String(waiting));
  mkdirSync(folder);
  const starts: Start[] = [];
  // The first start compiles what the later ones find compiled.
  for (let round = -1; round < options.rounds; round += 1) {
    const filledS = await fillBacklog(join(folder, "store.db"), waiting);
    if (round < 0) options.progress(`${waiting} readings were added in ${filledS.toFixed(1)} s`);
    const start = await measureStart(folder, Math.min(drainedReadings, waiting));
    if (round < 0) continue;
    const { toFirstPublishMs, drained } = start;
    options.progress(
      `${waiting} waiting: ${Math.round(toFirstPublishMs)} ms to the first batch, ${Math.round(drained.peakMiB)} MiB`,
    );
    starts.push(start);
  }
  rmSync(folder, { recursive: true });
  return starts;
}

async function measureStart(folder: string, drained: number): Promise<Start> {
  const broker = await startAedes();
  const first = Promise.withResolvers<number>();
  const enough = Promise.withResolvers<void>();
  let readings = 0;
  broker.broker.on("publish", ({ topic, payload }, client) => {
    if (client === null || parseTopic(topic)?.kind !== "readings") return;
    first.resolve(performance.now());
    if (readings >= drained) return;
    const answer = answerTo(topic, Buffer.from(payload));
    if (answer === null) return;
    readings += answer.readings;
    const packet = { cmd: "publish", qos: 1, dup: false, retain: false } as const;
    broker.broker.publish({ ...packet, topic: answer.topic, payload: Buffer.from(answer.payload) }, () => undefined);
    if (readings >= drained) enough.resolve();
  });
  const gateway = startGatewayProcess({ folder, storePath: join(folder, "store.db"), url: broker.url });
  const toFirstPublishMs = (await first.promise) - gateway.spawnedMs;
  const waiting = gateway.memory();
  await enough.promise;
  const drainedMemory = gateway.memory();
  await gateway.stop();
  await broker.stop();
  return { toFirstPublishMs, waiting, drained: drainedMemory };
}

function sizeFigures(waiting: number, starts: readonly Start[]): readonly Figure[] {
  const name = `10^${Math.log10(waiting)} waiting`;
  const aims = { start: { atMost: 400 }, memory: { atMost: 150 } };
  return [
    figureOf(
      { suite, name: `${name}: process start to first batch`, unit: "ms", aim: aims.start },
      starts.map(({ toFirstPublishMs }) => toFirstPublishMs),
    ),
    figureOf(
      { suite, name: `${name}: resident memory with all of it waiting`, unit: "MiB", aim: aims.memory },
      starts.map(({ waiting: memory }) => memory.nowMiB),
    ),
    figureOf(
      { suite, name: `${name}: resident memory while draining, highest`, unit: "MiB", aim: aims.memory },
      starts.map(({ drained }) => drained.peakMiB),
    ),
  ];
}

/** What the largest backlog takes more than the smallest. */
function growthFigure(measured: readonly (readonly Start[])[]): Figure {
  const smallest = median((measured[0] ?? []).map(({ drained }) => drained.peakMiB));
  const growth = (measured.at(-1) ?? []).map(({ drained }) => drained.peakMiB - smallest);
  return figureOf({ suite, name: "growth of memory over all sizes", unit: "MiB", aim: { atMost: 50 } }, growth);
}
