import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { openSqliteSink } from "../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { systemClock } from "../../gateway/system-clock.ts";
import {
  type IngestorProcess,
  type IngestSections,
  inPostgres,
  startIngestorProcess,
} from "../doubles/ingestor-process.ts";
import { mosquittoPath, startMosquitto } from "../doubles/mosquitto.ts";
import { type PostgresCluster, startPostgres } from "../doubles/postgres-cluster.ts";
import { type Figure, figureOf, type Suite, type SuiteOptions } from "./figure.ts";
import { measureFleetLoad } from "./fleet-load.ts";
import { delivery, type IngestMessage, payloads, warmUp } from "./ingest-load.ts";
import { measureInsertLimit } from "./limits/insert-limit.ts";
import { measurePostgresLimit } from "./limits/postgres-limit.ts";

const suite = "shared";
const readingsPerMessage = 70;
const rowsPerCommit = 500;

/** Batches through mosquitto to ingestors that share them, each receipt counted; then a file's cost as its rows grow. */
export const shared: Suite = {
  name: suite,
  about: "mosquitto, shared subscriptions and one or four ingestors, to receipt, against the same insert by hand",
  async run(options: SuiteOptions): Promise<readonly Figure[]> {
    if (mosquittoPath === null) {
      options.progress("mosquitto is not installed, so it is left out");
      return await asRowsGrow(options);
    }
    // Root's own folder, in which the server's user has to find its own.
    chmodSync(options.folder, 0o711);
    const cluster = await startPostgres({
      parent: options.folder,
      settings: ["shared_buffers = 1GB", "max_wal_size = 8GB"],
    });
    try {
      return [...(await throughMosquitto(cluster, options)), ...(await asRowsGrow(options))];
    } finally {
      await cluster.remove();
    }
  },
};

interface Round {
  readonly postgresLimit: number;
  readonly one: number;
  readonly four: number;
  /** Of the database's processors, what the limit took for each second that four ingestors took. */
  readonly fourOfWork: number;
  readonly sqliteLimit: number;
  readonly sqlite: number;
}

async function throughMosquitto(cluster: PostgresCluster, options: SuiteOptions): Promise<readonly Figure[]> {
  const messages = payloads(0, options.short ? 100 : 450, readingsPerMessage);
  const measured: Round[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    const folder = join(options.folder, `round-${round}`);
    mkdirSync(folder);
    const rates = await measureRound(cluster, {
      folder,
      messages,
      databaseCpuSeconds: () => cluster.cpuSeconds(),
    });
    measured.push(rates);
    const rounded = Object.entries(rates).map(
      ([name, rate]: [string, number]) => `${name} ${Number(rate.toPrecision(3))}`,
    );
    options.progress(`round ${round}: ${rounded.join(", ")}`);
  }
  const of = (name: string, value: (round: Round) => number): Figure =>
    figureOf({ suite, name, unit: "1/s" }, measured.map(value));
  const ratio = (name: string, value: (round: Round) => number): Figure =>
    figureOf({ suite, name, unit: "ratio", aim: { atLeast: 0.8 } }, measured.map(value));
  return [
    of("PostgreSQL, limit, one plain table, 500 rows a statement", ({ postgresLimit }) => postgresLimit),
    of("PostgreSQL, one ingestor, to receipt", ({ one }) => one),
    of("PostgreSQL, four ingestors, to receipt", ({ four }) => four),
    ratio("PostgreSQL, one ingestor against the limit", ({ one, postgresLimit }) => one / postgresLimit),
    ratio("PostgreSQL, four ingestors against the limit", ({ four, postgresLimit }) => four / postgresLimit),
    ratio("PostgreSQL, four ingestors against the limit, of the database's work", ({ fourOfWork }) => fourOfWork),
    of("SQLite, limit, FULL, 500 rows a transaction", ({ sqliteLimit }) => sqliteLimit),
    of("SQLite, one ingestor, to receipt", ({ sqlite }) => sqlite),
    ratio("SQLite, one ingestor against the limit", ({ sqlite, sqliteLimit }) => sqlite / sqliteLimit),
  ];
}

interface Load {
  readonly folder: string;
  readonly messages: readonly IngestMessage[];
  readonly databaseCpuSeconds: () => number;
}

/** Readings a second, and what they cost the database. */
interface Through {
  readonly rate: number;
  readonly databaseCpuS: number;
}

async function measureRound(cluster: PostgresCluster, load: Load): Promise<Round> {
  const deliveries = Array.from({ length: load.messages.length * readingsPerMessage }, (_, index) => delivery(index));
  const bodies = deliveries.slice(0, 1024).map(({ reading }) => Buffer.from(JSON.stringify(reading)));
  const database = cluster.createDatabase();
  const limit = await measurePostgresLimit({ cluster, database, deliveries, rowsPerCommit });
  const toPostgres = (): IngestSections => inPostgres(cluster, cluster.createDatabase(), {});
  const [first, second] = [toPostgres(), toPostgres()];
  const one = await throughIngestors(load, 1, first);
  const four = await throughIngestors(load, 4, second);
  const sqliteLimit = measureInsertLimit({ folder: load.folder, bodies, rowsPerCommit, durationMs: 1500 });
  const sqlite = await throughIngestors(load, 1, { ingest: { path: join(load.folder, "sink.db") } });
  return {
    postgresLimit: limit.rowsPerSecond,
    one: one.rate,
    four: four.rate,
    fourOfWork: limit.databaseCpuSeconds / four.databaseCpuS,
    sqliteLimit: sqliteLimit.rowsPerSecond,
    sqlite: sqlite.rate,
  };
}

async function throughIngestors(load: Load, count: number, { ingest, postgres }: IngestSections): Promise<Through> {
  const mosquitto = await startMosquitto(mosquittoPath ?? "mosquitto", ["max_inflight_messages 1000"]);
  const ingestors: IngestorProcess[] = [];
  try {
    const own = { ...ingest, role: "ingestor", brokerUrl: mosquitto.url, shareGroup: "carepost" };
    const sections = postgres === undefined ? { ingest: own } : { ingest: own, postgres };
    for (let n = 1; n <= count; n += 1) {
      const name = `ingestor-${count}-${n}`;
      ingestors.push(await startIngestorProcess({ name, folder: load.folder, sections, quiet: true }));
    }
    const { url } = mosquitto;
    await measureFleetLoad({ url, messages: warmUp(readingsPerMessage), window: 128 });
    const before = load.databaseCpuSeconds();
    const rate = await measureFleetLoad({ url, messages: load.messages, window: 128 });
    return { rate, databaseCpuS: load.databaseCpuSeconds() - before };
  } finally {
    for (const ingestor of ingestors) await ingestor.kill();
    await mosquitto.stop();
  }
}

/** How long 10,000 more take over so many. `CAREPOST_BENCH_ROWS=10000000` goes on to ten million. */
async function asRowsGrow({ short, folder, progress }: SuiteOptions): Promise<readonly Figure[]> {
  const last = short ? 10_000 : Number(process.env["CAREPOST_BENCH_ROWS"] ?? 1_000_000);
  const path = join(folder, "growing.db");
  const sink = await openSqliteSink({
    path,
    key: null,
    clock: systemClock,
    thread: "worker",
    onFailure: () => undefined,
  });
  const figures: Figure[] = [];
  const rows = { count: 0 };
  const commit = async (count: number): Promise<number> => {
    const deliveries = Array.from({ length: count }, (_, index) => delivery(rows.count + index));
    rows.count += count;
    const started = performance.now();
    for (let at = 0; at < count; at += rowsPerCommit) await sink.commit(deliveries.slice(at, at + rowsPerCommit));
    return performance.now() - started;
  };
  for (let size = 10_000; size <= last; size *= 10) {
    while (rows.count < size) await commit(Math.min(20_000, size - rows.count));
    const costs: number[] = [];
    for (let round = 0; round < (short ? 1 : 5); round += 1) costs.push((await commit(10_000)) / 10);
    progress(`SQLite, ${size} rows: ${Math.round(costs[0] ?? 0)} µs a reading`);
    const name = `SQLite, a reading over ${size.toLocaleString("en-US")} rows`;
    figures.push(figureOf({ suite, name, unit: "µs" }, costs));
  }
  await sink.close();
  return figures;
}
