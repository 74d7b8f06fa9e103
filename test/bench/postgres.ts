import { receiptIn } from "../../cloud-sync/contract/delivery.ts";
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
  const measured: Round[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const database = cluster.createDatabase();
    const limit = await measurePostgresLimit({ cluster, database, deliveries, rowsPerCommit });
    const sinkAlone = await withOwnSink(cluster, (sink) => commitAll(sink, deliveries));
    const ours = await withOwnSink(cluster, (sink) => firstAndAgain(cluster, sink, load));
    measured.push({ limit: limit.rowsPerSecond, limitCpuS: limit.databaseCpuSeconds, sinkAlone, ...ours });
    const rates = { limit: limit.rowsPerSecond, sink: sinkAlone, receipts: ours.receipts };
    progress(
      `round ${round}: ${JSON.stringify(rates, (_, value) => (typeof value === "number" ? Math.round(value) : value))}`,
    );
  }
  const of = (name: string, unit: string, value: (round: Round) => number): Figure =>
    figureOf({ suite, name, unit }, measured.map(value));
  const per100k = 100_000 / deliveries.length;
  return [
    of("limit, one plain table, 500 rows a statement", "1/s", ({ limit }) => limit),
    of("sink alone", "1/s", ({ sinkAlone }) => sinkAlone),
    of("messages to receipt", "1/s", ({ receipts }) => receipts),
    of("messages to receipt, all duplicates", "1/s", ({ again }) => again),
    of("limit, the database per 100,000", "CPU s", ({ limitCpuS }) => limitCpuS * per100k),
    of("to receipt, the database per 100,000", "CPU s", ({ databaseCpuS }) => databaseCpuS * per100k),
    of("to receipt, the ingestor per 100,000", "CPU s", ({ ingestorCpuS }) => ingestorCpuS * per100k),
    of("sink against the limit", "ratio", ({ sinkAlone, limit }) => sinkAlone / limit),
    figureOf(
      { suite, name: "to receipt against the limit, all on this machine", unit: "ratio", aim: { atLeast: 0.8 } },
      measured.map(({ receipts, limit }) => receipts / limit),
    ),
    figureOf(
      { suite, name: "to receipt against the limit, of the database's work", unit: "ratio", aim: { atLeast: 0.8 } },
      measured.map(({ databaseCpuS, limitCpuS }) => limitCpuS / databaseCpuS),
    ),
  ];
}

interface Round {
  readonly limit: number;
  readonly limitCpuS: number;
  readonly sinkAlone: number;
  readonly receipts: number;
  readonly again: number;
  readonly databaseCpuS: number;
  readonly ingestorCpuS: number;
}

async function firstAndAgain(
  cluster: PostgresCluster,
  sink: Sink,
  load: readonly IngestMessage[],
): Promise<Omit<Round, "limit" | "limitCpuS" | "sinkAlone">> {
  const database = cluster.cpuSeconds();
  const ingestor = process.cpuUsage();
  const receipts = await receiptsOf(sink, load);
  const cpu = { databaseCpuS: cluster.cpuSeconds() - database, ingestorCpuS: cpuSeconds(ingestor) };
  return { receipts, again: await receiptsOf(sink, load), ...cpu };
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
      const message = await ingestor.handlers.batch(gateway, payload);
      const receipt = message === null ? null : receiptIn(message);
      for (const [from, to] of [...(receipt?.stored ?? []), ...(receipt?.duplicate ?? [])]) settled += to - from + 1;
    }),
  );
  if (settled !== messages.length * readingsPerMessage) throw new RangeError(`${settled} readings got a receipt`);
  return settled / ((performance.now() - started) / 1000);
}
