import postgres from "postgres";
import type { PostgresCluster } from "../../doubles/postgres-cluster.ts";
import type { Delivery } from "../../../cloud-sync/ingest/sink.ts";

/**
 * The least that the same readings can cost in PostgreSQL: one plain table with the same columns and the same four
 * indices, no partitions, no revisions, no feed, no totals; one statement a transaction, over three connections, from
 * arrays that were made before the clock started.
 */
export interface PostgresLimit {
  readonly rowsPerSecond: number;
  /** Of the database, for all of the rows. */
  readonly databaseCpuSeconds: number;
}

export interface PostgresLimitOptions {
  readonly cluster: PostgresCluster;
  readonly database: string;
  readonly deliveries: readonly Delivery[];
  readonly rowsPerCommit: number;
}

export async function measurePostgresLimit(options: PostgresLimitOptions): Promise<PostgresLimit> {
  const { cluster, database, deliveries, rowsPerCommit } = options;
  const { host, port } = cluster;
  const sql = postgres({
    host,
    port,
    database,
    user: "postgres",
    max: 2,
    fetch_types: false,
    onnotice: () => undefined,
  });
  for (const statement of tables) await sql.unsafe(statement);
  const batches = batchesOf(deliveries, rowsPerCommit);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let batch = batches[next++]; batch !== undefined; batch = batches[next++]) {
      await sql.unsafe(insert, batch, { prepare: true });
    }
  };
  const cpuBefore = cluster.cpuSeconds();
  const started = performance.now();
  await Promise.all([lane(), lane(), lane()]);
  const elapsedS = (performance.now() - started) / 1000;
  const databaseCpuSeconds = cluster.cpuSeconds() - cpuBefore;
  await sql.end();
  return { rowsPerSecond: deliveries.length / elapsedS, databaseCpuSeconds };
}

const tables = [
  `CREATE TABLE limit_rows (id uuid PRIMARY KEY, measured_at timestamptz, revision integer, gateway text, person text,
     device text, kind text, body json, committed_at timestamptz DEFAULT now())`,
  "CREATE INDEX ON limit_rows (person, measured_at) WHERE person IS NOT NULL",
  "CREATE INDEX ON limit_rows (gateway, measured_at)",
  "CREATE INDEX ON limit_rows (device, measured_at)",
];

const insert = `INSERT INTO limit_rows (id, measured_at, revision, gateway, person, device, kind, body)
  SELECT u.id, u.measured_at, u.revision, u.gateway, u.person, u.device, u.kind, u.body::json
  FROM unnest($1::uuid[], $2::timestamptz[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[],
    string_to_array($8::text, chr(10))) AS u(id, measured_at, revision, gateway, person, device, kind, body)
  ON CONFLICT DO NOTHING`;

function batchesOf(deliveries: readonly Delivery[], rows: number): string[][] {
  return Array.from({ length: Math.ceil(deliveries.length / rows) }, (_, index) => {
    const some = deliveries.slice(index * rows, (index + 1) * rows);
    const column = (value: (delivery: Delivery) => unknown): string =>
      `{${some.map((delivery) => JSON.stringify(value(delivery))).join(",")}}`;
    return [
      column(({ reading }) => reading.id),
      column(({ reading }) => reading.time.measured),
      column(({ reading }) => reading.revision),
      column(({ gateway }) => gateway),
      column(({ reading }) => reading.person),
      column(({ reading }) => reading.device.id),
      column(({ reading }) => reading.kind),
      some.map(({ reading }) => JSON.stringify(reading)).join("\n"),
    ];
  });
}
