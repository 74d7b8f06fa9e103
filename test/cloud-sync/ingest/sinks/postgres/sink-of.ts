import {
  openPostgresSink,
  type PostgresSinkOptions,
} from "../../../../../cloud-sync/ingest/sinks/postgres/postgres-sink.ts";
import type { Sink } from "../../../../../cloud-sync/ingest/sink.ts";
import { keptLog } from "../../../../doubles/kept-log.ts";
import type { PostgresCluster } from "../../../../doubles/postgres-cluster.ts";
import { realClock } from "../../../../doubles/real-clock.ts";

/** The options of a sink over these servers, in this order. */
export const sinkOptions = (
  clusters: readonly PostgresCluster[],
  changes: Partial<PostgresSinkOptions> = {},
): PostgresSinkOptions => ({
  servers: clusters.map(({ host, port }) => ({ host, port })),
  database: "postgres",
  user: "postgres",
  password: null,
  tls: null,
  clock: realClock,
  log: keptLog(),
  ...changes,
});

/** Lends a sink over these servers. */
export async function withSink(options: PostgresSinkOptions, body: (sink: Sink) => Promise<void>): Promise<void> {
  const sink = await openPostgresSink(options);
  try {
    await body(sink);
  } finally {
    await sink.close();
  }
}
