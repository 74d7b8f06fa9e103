import { expect, onTestFinished, test, vi } from "vitest";
import { keepLetters } from "../../../../../cloud-sync/ingest/sinks/postgres/dead-letter-table.ts";
import { openPostgresReader, openPostgresSink } from "../../../../../cloud-sync/ingest/sinks/postgres/postgres-sink.ts";
import { beginAlone } from "../../../../../cloud-sync/ingest/sinks/postgres/schema-lock.ts";
import { openSession, type Session } from "../../../../../cloud-sync/ingest/sinks/postgres/session.ts";
import type { EventDelivery, Sink } from "../../../../../cloud-sync/ingest/sink.ts";
import { testPostgres } from "../../../../doubles/test-postgres.ts";
import { glucose, readingId } from "../../sample-readings.ts";
import { sinkOptions, withSink } from "./sink-of.ts";

const own = testPostgres();

const patience = { timeout: 60_000 };
const limitMs = 120_000;

const month = (): string => `carepost.readings_${new Date().toISOString().slice(0, 7).replace("-", "_")}`;
const event: EventDelivery = { gateway: "gw-1", id: readingId(1), type: "tombstone", at: 1, body: "{}" };

async function ownSession(): Promise<Session> {
  const { host, port } = own.server;
  const login = {
    ...sinkOptions([own.server], { database: own.database }),
    applicationName: "somebody",
    connectTimeoutMs: 10_000,
  };
  const session = await openSession({ host, port }, login);
  onTestFinished(() => session.close());
  return session;
}

/** Somebody else who changes the schema: nobody may beside them. */
async function somebody(): Promise<Session> {
  const session = await ownSession();
  await beginAlone(session);
  return session;
}

const waitingSql = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
const waiting = (): string => own.server.sql(waitingSql, own.database);

/** A sink that lacks a partition, and is in the midst of a transaction that would make it. */
async function sinkInUpkeep(): Promise<{ readonly sink: Sink; readonly other: Session }> {
  await withSink(sinkOptions([own.server], { database: own.database }), async () => undefined);
  own.server.sql(`DROP TABLE ${month()}`, own.database);
  const other = await somebody();
  await other.query("SET LOCAL idle_in_transaction_session_timeout = 0");
  const sink = await openPostgresSink(sinkOptions([own.server], { database: own.database }));
  onTestFinished(() => sink.close());
  await vi.waitUntil(() => waiting() === "1", patience);
  return { sink, other };
}

test("no feed waits for a transaction that makes a partition", { timeout: limitMs }, async () => {
  const { sink, other } = await sinkInUpkeep();
  const reader = await openPostgresReader(sinkOptions([own.server], { database: own.database }));
  onTestFinished(() => reader.close());
  await sink.commit([{ gateway: "gw-1", reading: glucose(1) }]);
  await sink.commitEvents([event]);
  for (const feed of [sink, reader]) {
    expect((await feed.readings({ afterPosition: 0, limit: 9 })).map(({ reading }) => reading.id)).toEqual([
      readingId(1),
    ]);
    expect((await feed.events({ afterPosition: 0, limit: 9 })).map(({ id }) => id)).toEqual([event.id]);
  }
  expect(waiting()).toBe("1");
  await other.query("ROLLBACK");
  await vi.waitUntil(
    () => own.server.sql(`SELECT to_regclass('${month()}') IS NOT NULL`, own.database) === "t",
    patience,
  );
});

test("a sink that is closed does not wait until it may change the schema", { timeout: limitMs }, async () => {
  const { sink, other } = await sinkInUpkeep();
  await sink.close();
  // Somebody else may, still.
  expect(other.isAlive).toBe(true);
  await other.query("ROLLBACK");
  await vi.waitUntil(() => waiting() === "0", patience);
  expect(own.server.sql(`SELECT to_regclass('${month()}') IS NULL`, own.database)).toBe("t");
});

test(
  "whoever freezes as it keeps a dead letter holds up no feed for longer than the server bears it",
  {
    timeout: limitMs,
  },
  async () => {
    await withSink(sinkOptions([own.server], { database: own.database }), async () => undefined);
    const frozen = await ownSession();
    const reached = Promise.withResolvers<void>();
    vi.spyOn(frozen, "commit").mockImplementation(() => {
      reached.resolve();
      return new Promise(() => undefined);
    });
    const letter = { gateway: "gw-1", code: "c", reason: "r", payload: Uint8Array.of(1), receivedAt: 1 };
    void keepLetters(frozen, [letter], 9);
    await reached.promise;
    await vi.waitUntil(() => !frozen.isAlive, patience);
    expect(own.server.sql("SELECT count(*) FROM carepost.dead_letters", own.database)).toBe("0");
  },
);

test("whoever freezes in the midst of a change of the schema is thrown out", { timeout: limitMs }, async () => {
  const frozen = await somebody();
  const next = somebody();
  await vi.waitUntil(() => !frozen.isAlive, patience);
  expect((await next).isAlive).toBe(true);
});
