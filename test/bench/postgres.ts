import { chmodSync } from "node:fs";
import { createBatcher, sharedBatcherLimits } from "../../cloud-sync/ingest/batcher.ts";
import { createIngestor } from "../../cloud-sync/ingest/ingestor.ts";
import type { Delivery, Sink } from "../../cloud-sync/ingest/sink.ts";
import { openPostgresSink } from "../../cloud-sync/ingest/sinks/postgres/postgres-sink.ts";
import { systemClock } from "../../gateway/system-clock.ts";
import { sinkOptions } from "../cloud-sync/ingest/sinks/postgres/sink-of.ts";
import { keptLog } from "../doubles/kept-log.ts";
import { type PostgresCluster, startPostgres } from "../doubles/postgres-cluster.ts";
import { cpuSeconds, type Figure, figureOf, type Suite, type SuiteOptions } from "./figure.ts";
import { delivery, type IngestMessage, payloads } from "./ingest-load.ts";
import { measurePostgresLimit } from "./limits/postgres-limit.ts";

const suite = "postgres";
const readingsPerMessage = 70;
const rowsPerCommit = 500;

/** Messages to receipts over the PostgreSQL sink, against the same readings in one plain table; then as rows grow. */
export const postgres: Suite = {
  name: suite,
  about: "ingest into PostgreSQL to receipt, against the same batched insert by hand, and as rows grow",
  async run(options: SuiteOptions): Promise<readonly Figure[]> {
    // Root's own folder, in which the server's user has to find its own.
    chmodSync(options.folder, 0o711);
    const cluster = await startPostgres({
      parent: options.folder,
      settings: ["shared_buffers = 1GB", "max_wal_size = 8GB"],
    });
    try {
      return [...(await againstLimit(cluster, options)), ...(await asRowsGrow(cluster, options))];
    } finally {
      await cluster.remove();
    }
  },
};

async function againstLimit(
  cluster: PostgresCluster,
  { rounds, short, progress }: SuiteOptions,
): Promise<readonly Figure[]> {
  const messages = short ? 100 : 450;
  const load = payloads(0, messages, readingsPerMessage);
  const deliveries = Array.from({ length: messages * readingsPerMessage }, (_, index) => delivery(index));
  const limits: number[] = [];
  const rates: {
    readonly receipts: number[];
    readonly sink: number[];
    readonly again: number[];
    readonly cpu: number[];
  } = { receipts: [], sink: [], again: [], cpu: [] };
  for (let round = 0; round < rounds; round += 1) {
    const limit = await measurePostgresLimit({
      cluster,
      database: cluster.createDatabase(),
      deliveries,
      rowsPerCommit,
    });
    const alone = await withOwnSink(cluster, (sink) => commitAll(sink, deliveries));
    const before = process.cpuUsage();
    const { first, again } = await withOwnSink(cluster, async (sink) => ({
      first: await receiptsOf(sink, load),
      again: await receiptsOf(sink, load),
    }));
    rates.cpu.push((cpuSeconds(before) / deliveries.length / 2) * 100_000);
    limits.push(limit.rowsPerSecond);
    rates.sink.push(alone);
    rates.receipts.push(first);
    rates.again.push(again);
    progress(
      `round ${round + 1}: limit ${Math.round(limit.rowsPerSecond)}/s, sink ${Math.round(alone)}/s, to receipt ${Math.round(first)}/s`,
    );
  }
  const ratio = (values: readonly number[]): readonly number[] =>
    values.map((value, n) => value / (limits[n] ?? Number.NaN));
  return [
    figureOf({ suite, name: "limit, one plain table, 500 rows a statement", unit: "1/s" }, limits),
    figureOf({ suite, name: "sink alone", unit: "1/s" }, rates.sink),
    figureOf({ suite, name: "messages to receipt", unit: "1/s" }, rates.receipts),
    figureOf({ suite, name: "messages to receipt, all duplicates", unit: "1/s" }, rates.again),
    figureOf({ suite, name: "sink against the limit", unit: "ratio" }, ratio(rates.sink)),
    figureOf(
      { suite, name: "to receipt against the limit", unit: "ratio", aim: { atLeast: 0.8 } },
      ratio(rates.receipts),
    ),
    figureOf({ suite, name: "ingestor's own work, per 100,000", unit: "CPU s" }, rates.cpu),
  ];
}

/** How long 10,000 more take over so many. `CAREPOST_BENCH_ROWS=10000000` goes on to ten million. */
async function asRowsGrow(cluster: PostgresCluster, { short, progress }: SuiteOptions): Promise<readonly Figure[]> {
  const last = short ? 10_000 : Number(process.env["CAREPOST_BENCH_ROWS"] ?? 1_000_000);
  const figures: Figure[] = [];
  await withOwnSink(cluster, async (sink) => {
    let rows = 0;
    for (let size = 10_000; size <= last; size *= 10) {
      while (rows < size) {
        await commitAll(sink, range(rows, Math.min(20_000, size - rows)));
        rows += Math.min(20_000, size - rows);
      }
      const rates: number[] = [];
      for (let round = 0; round < (short ? 1 : 5); round += 1) {
        rates.push(1e6 / (await commitAll(sink, range(rows, 10_000))));
        rows += 10_000;
      }
      progress(`${size} rows: ${Math.round(1e6 / (rates[0] ?? 1))}/s`);
      figures.push(figureOf({ suite, name: `a reading over ${size.toLocaleString("en-US")} rows`, unit: "µs" }, rates));
    }
  });
  return figures;
}

const range = (from: number, count: number): readonly Delivery[] =>
  Array.from({ length: count }, (_, index) => delivery(from + index));

async function withOwnSink<T>(cluster: PostgresCluster, body: (sink: Sink) => Promise<T>): Promise<T> {
  const sink = await openPostgresSink(
    sinkOptions([cluster], { database: cluster.createDatabase(), clock: systemClock }),
  );
  try {
    return await body(sink);
  } finally {
    await sink.close();
  }
}

/** Through the sink, three commits at once, as the batcher has them. Returns readings per second. */
async function commitAll(sink: Sink, deliveries: readonly Delivery[]): Promise<number> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < deliveries.length) {
      next += rowsPerCommit;
      await sink.commit(deliveries.slice(next - rowsPerCommit, next));
    }
  };
  const started = performance.now();
  await Promise.all([lane(), lane(), lane()]);
  return deliveries.length / ((performance.now() - started) / 1000);
}

/** The whole of the ingestor but the broker: validation, grouping, commit, receipt. */
async function receiptsOf(sink: Sink, messages: readonly IngestMessage[]): Promise<number> {
  const log = keptLog();
  const ingestor = createIngestor({
    sink,
    batcher: createBatcher(sink, systemClock, sharedBatcherLimits),
    clock: systemClock,
    log,
  });
  const started = performance.now();
  let settled = 0;
  await Promise.all(
    messages.map(async ({ gateway, payload }) => {
      const receipt = await ingestor.handlers.batch(gateway, payload);
      for (const [from, to] of [...(receipt?.stored ?? []), ...(receipt?.duplicate ?? [])]) settled += to - from + 1;
    }),
  );
  if (settled !== messages.length * readingsPerMessage) throw new RangeError(`${settled} readings got a receipt`);
  return settled / ((performance.now() - started) / 1000);
}
