import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import { openPostgresSink } from "../../../../cloud-sync/ingest/sinks/postgres/postgres-sink.ts";
import type { Sink } from "../../../../cloud-sync/ingest/sink.ts";
import { openSqliteSink } from "../../../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { rosterBookContract } from "../../../contracts/roster-book.ts";
import { createMemorySink } from "../../../doubles/memory-sink.ts";
import { type PostgresCluster, startPostgres } from "../../../doubles/postgres-cluster.ts";
import { realClock } from "../../../doubles/real-clock.ts";
import { sinkOptions } from "./postgres/sink-of.ts";

const folders: string[] = [];
let cluster: PostgresCluster;

beforeAll(async () => {
  cluster = await startPostgres({ settings: ["fsync = off"] });
});

afterAll(async () => {
  await cluster.remove();
});

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

rosterBookContract({
  name: "in memory",
  make: async () => ({ sink: createMemorySink({ clock: realClock }), beside: null }),
});

rosterBookContract({
  name: "sqlite",
  make: async () => {
    const folder = mkdtempSync(join(tmpdir(), "rosters-"));
    folders.push(folder);
    const sink = await openSqliteSink({ path: join(folder, "sink.db"), key: null, clock: realClock, thread: "worker" });
    return { sink, beside: null };
  },
});

rosterBookContract({
  name: "postgres",
  make: async () => {
    const database = cluster.createDatabase();
    const open = (): Promise<Sink> => openPostgresSink(sinkOptions([cluster], { database }));
    return { sink: await open(), beside: open };
  },
});
