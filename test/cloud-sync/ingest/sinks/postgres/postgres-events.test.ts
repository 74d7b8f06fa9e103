import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openPostgresReader, openPostgresSink } from "../../../../../cloud-sync/ingest/sinks/postgres/postgres-sink.ts";
import { schemaStatements } from "../../../../../cloud-sync/ingest/sinks/postgres/schema.ts";
import type { EventDelivery, StoredEvent } from "../../../../../cloud-sync/ingest/sink.ts";
import { type PostgresCluster, startPostgres } from "../../../../doubles/postgres-cluster.ts";
import { readingId } from "../../sample-readings.ts";
import { sinkOptions, withSink } from "./sink-of.ts";

let cluster: PostgresCluster;

beforeAll(async () => {
  cluster = await startPostgres({ settings: ["fsync = off"] });
});

afterAll(async () => {
  await cluster.remove();
});

const event = (number: number): EventDelivery => ({
  gateway: "gw-1",
  id: readingId(number),
  type: "tombstone",
  at: number,
  body: "{}",
});

const firstVersion = ["CREATE SCHEMA carepost", ...schemaStatements({ partitioned: true })].join(";");

test("a database of the version before gets a place for events, once, however many ingestors start", async () => {
  const database = cluster.createDatabase();
  cluster.sql(firstVersion, database);
  const sinks = await Promise.all(
    Array.from({ length: 3 }, () => openPostgresSink(sinkOptions([cluster], { database }))),
  );
  const outcomes = await Promise.all(sinks.map((sink) => sink.commitEvents([event(1), event(2)])));
  expect(outcomes.flat().filter((outcome) => outcome === "stored")).toHaveLength(2);
  expect(cluster.sql("SELECT string_agg(version::text, ',') FROM carepost.schema_versions", database)).toBe("1,2,3");
  await Promise.all(sinks.map((sink) => sink.close()));
});

test("whoever looks into a database of the version before is told that an ingestor has to be started", async () => {
  const database = cluster.createDatabase();
  cluster.sql(firstVersion, database);
  const reader = await openPostgresReader(sinkOptions([cluster], { database }));
  expect(await reader.counts()).toEqual({ readings: 0, deadLetters: 0 });
  await expect(reader.events({ afterPosition: 0, limit: 1 })).rejects.toMatchObject({
    code: "postgres-schema-absent",
    remedy: expect.stringContaining("ingest"),
  });
  await reader.close();
});

test("ingestors that commit the same events in different orders store each once, without a deadlock", async () => {
  const database = cluster.createDatabase();
  const events = Array.from({ length: 200 }, (_, n) => event(n));
  await withSink(sinkOptions([cluster], { database }), async (one) => {
    await withSink(sinkOptions([cluster], { database }), async (other) => {
      const rounds = Array.from({ length: 5 }, () => [
        one.commitEvents(events),
        other.commitEvents(events.toReversed()),
      ]);
      const outcomes = (await Promise.all(rounds.flat())).flat();
      expect(outcomes.filter((outcome) => outcome === "stored")).toHaveLength(200);
    });
  });
});

test("events of one position are on one page, and a feed misses none while others write", async () => {
  const database = cluster.createDatabase();
  await withSink(sinkOptions([cluster], { database }), async (sink) => {
    await sink.commitEvents([event(1), event(2), event(3)]);
    cluster.sql("UPDATE carepost.events SET position = 7", database);
    expect(await sink.events({ afterPosition: 0, limit: 2 })).toHaveLength(3);
    const writing = Promise.all(
      Array.from({ length: 40 }, (_, n) => sink.commitEvents([event(n + 10), event(n + 100)])),
    );
    const seen: StoredEvent[] = [];
    const follow = async (): Promise<void> => {
      const page = await sink.events({ afterPosition: seen.at(-1)?.position ?? 7, limit: 5 });
      seen.push(...page);
    };
    while (seen.length < 80) await follow();
    await writing;
    await follow();
    expect(new Set(seen.map(({ id }) => id)).size).toBe(80);
    expect(seen).toHaveLength(80);
  });
});

test("the next position lies behind every other, also where the server's clock has gone back", async () => {
  const database = cluster.createDatabase();
  await withSink(sinkOptions([cluster], { database }), async (sink) => {
    await sink.commitEvents([event(1)]);
    cluster.sql("UPDATE carepost.events SET position = position + 3600000000", database);
  });
  await withSink(sinkOptions([cluster], { database }), async (sink) => {
    await sink.commitEvents([event(2)]);
    await sink.commitEvents([event(3)]);
    const order = cluster.sql(
      "SELECT string_agg(happened_at::text, ',' ORDER BY position) FROM carepost.events",
      database,
    );
    expect(order).toBe("1,2,3");
  });
});

test("an event counts as there only when a standby has it, also one that comes again", async () => {
  const server = await startPostgres({ settings: ["fsync = off"] });
  const waits = (): boolean => server.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") === "1";
  try {
    await withSink(sinkOptions([server]), async (sink) => {
      server.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
      server.sql("SELECT pg_reload_conf()");
      const waiting = sink.commitEvents([event(1)]).catch((error: unknown) => error);
      await vi.waitUntil(waits, { timeout: 20_000 });
      server.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
      expect(await waiting).toMatchObject({ code: "sink-unavailable" });
      const again = sink.commitEvents([event(1)]);
      await vi.waitUntil(waits, { timeout: 20_000 });
      server.sql("ALTER SYSTEM RESET synchronous_standby_names");
      server.sql("SELECT pg_reload_conf()");
      expect(await again).toEqual(["duplicate"]);
    });
  } finally {
    await server.remove();
  }
});
