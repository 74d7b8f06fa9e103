import { afterAll, beforeAll } from "vitest";
import { openPostgresSink } from "../../../../../cloud-sync/ingest/sinks/postgres/postgres-sink.ts";
import { schemaStatements } from "../../../../../cloud-sync/ingest/sinks/postgres/schema.ts";
import type { Sink } from "../../../../../cloud-sync/ingest/sink.ts";
import { sinkContract } from "../../../../contracts/sink.ts";
import { type PostgresCluster, startPostgres } from "../../../../doubles/postgres-cluster.ts";
import { sinkOptions } from "./sink-of.ts";

let cluster: PostgresCluster;

beforeAll(async () => {
  cluster = await startPostgres({ settings: ["fsync = off"] });
});

afterAll(async () => {
  await cluster.remove();
});

for (const partitioned of [true, false]) {
  sinkContract({
    name: partitioned ? "postgres" : "postgres, in one table",
    make: async () => {
      const database = cluster.createDatabase();
      if (!partitioned) {
        const statements = ["CREATE SCHEMA carepost", ...schemaStatements({ partitioned })];
        cluster.sql(statements.join(";"), database);
      }
      const deadLettersPerGatewayMax = 5;
      const open = (): Promise<Sink> =>
        openPostgresSink(sinkOptions([cluster], { database, deadLettersPerGatewayMax }));
      return { sink: await open(), reopen: open, deadLettersPerGatewayMax };
    },
  });
}
