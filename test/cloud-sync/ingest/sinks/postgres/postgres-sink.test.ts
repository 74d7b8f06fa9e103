import { afterAll, beforeAll } from "vitest";
import { openPostgresSink } from "../../../../../cloud-sync/ingest/sinks/postgres/postgres-sink.ts";
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

sinkContract({
  name: "postgres",
  make: async () => {
    const database = cluster.createDatabase();
    const deadLettersPerGatewayMax = 5;
    const open = (): Promise<Sink> => openPostgresSink(sinkOptions([cluster], { database, deadLettersPerGatewayMax }));
    return { sink: await open(), reopen: open, deadLettersPerGatewayMax };
  },
});
