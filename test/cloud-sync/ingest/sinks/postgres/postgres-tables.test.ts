import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openPostgresReader, openPostgresSink } from "../../../../../cloud-sync/ingest/sinks/postgres/postgres-sink.ts";
import type { Reading } from "../../../../../cloud-sync/contract/reading.ts";
import type { Delivery } from "../../../../../cloud-sync/ingest/sink.ts";
import { type PostgresCluster, startPostgres } from "../../../../doubles/postgres-cluster.ts";
import { glucose, readingId } from "../../sample-readings.ts";
import { sinkOptions, withSink } from "./sink-of.ts";

let cluster: PostgresCluster;

beforeAll(async () => {
  cluster = await startPostgres({ settings: ["fsync = off"] });
});

afterAll(async () => {
  await cluster.remove();
});

const measuredAt = (measured: string | null): Reading["time"] => ({
  ...glucose(1).time,
  measured,
  basis: measured === null ? "unknown" : "device",
});

const of = (number: number, measured: string | null, revision = 1): Delivery => ({
  gateway: "gw-1",
  reading: glucose(number, { revision, time: measuredAt(measured) }),
});

const partitionsSql =
  "SELECT tableoid::regclass || ' ' || count(*) FROM carepost.readings GROUP BY tableoid ORDER BY 1";

test("a reading lies in the partition of its measured time, in the one of no time, or in the one of all others", async () => {
  const database = cluster.createDatabase();
  const now = new Date();
  const month = now.toISOString().slice(0, 7).replace("-", "_");
  await withSink(sinkOptions([cluster], { database }), async (sink) => {
    const outcomes = await sink.commit([
      of(1, now.toISOString()),
      of(2, null),
      of(3, "1970-01-01T00:00:00.000Z"),
      of(4, "2098-12-31T23:59:59.000+14:00"),
      of(5, "0000-02-28T10:00:00.000Z"),
    ]);
    expect(outcomes).toEqual(["stored", "stored", "stored", "stored", "stored"]);
    expect(cluster.sql(partitionsSql, database).split("\n")).toEqual([
      `carepost.readings_${month} 1`,
      "carepost.readings_other 2",
      "carepost.readings_undated 2",
    ]);
    const feed = await sink.readings({ afterPosition: 0, limit: 10 });
    expect(feed.map(({ reading }) => reading.time.measured)).toEqual([
      now.toISOString(),
      null,
      "1970-01-01T00:00:00.000Z",
      "2098-12-31T23:59:59.000+14:00",
      "0000-02-28T10:00:00.000Z",
    ]);
  });
});

test("a measured time is the same instant in its column as in its reading, to the millisecond, in whatever zone", async () => {
  const database = cluster.createDatabase();
  const texts = [
    "2026-01-30T05:58:27Z",
    "2026-01-30T05:58:27.1+05:45",
    "2026-01-30T05:58:27.123-03:30",
    "2024-02-29T23:59:59.999+14:59",
    "1000-01-01T00:00:00.000-14:59",
    "9999-12-31T23:59:59.999+00:00",
    // The database knows no zones so far from Greenwich, and would round what is finer than a millisecond.
    "2026-01-30T05:58:27.123+15:00",
    "2026-01-30T05:58:27.123-23:59",
    "2026-01-30T05:58:27.1239999Z",
    "0999-12-31T23:59:59.000Z",
  ];
  await withSink(sinkOptions([cluster], { database }), async (sink) => {
    await sink.commit(texts.map((text, number) => of(number, text)));
    const sql = "SELECT (extract(epoch FROM measured_at) * 1000)::numeric(20, 3) FROM carepost.readings ORDER BY id";
    expect(cluster.sql(sql, database).split("\n").map(Number)).toEqual(texts.map((text) => Date.parse(text)));
  });
});

test("a reading that comes again with another measured time is a duplicate, in whichever partition it would lie", async () => {
  const database = cluster.createDatabase();
  await withSink(sinkOptions([cluster], { database }), async (sink) => {
    await sink.commit([of(1, "2026-01-31T23:59:59.999Z")]);
    const again = [of(1, "2026-02-01T00:00:00.000Z"), of(1, null), of(1, "1999-12-31T23:59:59.000Z")];
    for (const one of again) expect(await sink.commit([one])).toEqual(["duplicate"]);
    expect(cluster.sql("SELECT count(*) FROM carepost.readings", database)).toBe("1");
    expect(await sink.counts()).toEqual({ readings: 1, deadLetters: 0 });
  });
});

test("a later revision with another measured time moves, and leaves no other row behind", async () => {
  const database = cluster.createDatabase();
  await withSink(sinkOptions([cluster], { database }), async (sink) => {
    await sink.commit([of(1, null), of(2, "2026-01-31T23:59:59.999Z"), of(3, "1980-01-01T00:00:00Z")]);
    const revised = [of(1, "2026-03-01T00:00:00Z", 3), of(2, "1980-01-01T00:00:00Z", 2), of(3, null, 7)];
    expect(await sink.commit(revised)).toEqual(["stored", "stored", "stored"]);
    expect(await sink.commit([of(1, null, 2), of(2, null, 2), of(4, null, 5)])).toEqual([
      "duplicate",
      "duplicate",
      "stored",
    ]);
    expect(cluster.sql("SELECT count(*) FROM carepost.readings", database)).toBe("4");
    expect((await sink.counts()).readings).toBe(4);
    const stored = await sink.readings({ afterPosition: 0, limit: 10 });
    expect(stored.map(({ reading }) => reading.revision)).toEqual([3, 2, 7, 5]);
  });
});

test("of one id in one commit the highest revision is stored, whatever its place", async () => {
  const database = cluster.createDatabase();
  await withSink(sinkOptions([cluster], { database }), async (sink) => {
    const outcomes = await sink.commit([of(1, null), of(1, null, 3), of(1, null, 2), of(1, null, 3)]);
    expect(outcomes).toEqual(["duplicate", "stored", "duplicate", "duplicate"]);
    expect((await sink.readings({ afterPosition: 0, limit: 10 })).map(({ reading }) => reading.revision)).toEqual([3]);
  });
});

test("what no column of text can hold is in the reading all the same", async () => {
  const database = cluster.createDatabase();
  await withSink(sinkOptions([cluster], { database }), async (sink) => {
    const device = { ...glucose(1).device, id: 'a\0"\\\uD800{},\n', firmware: "\0\uDFFF" };
    const reading = glucose(1, { device });
    expect(await sink.commit([{ gateway: "gw-1", reading }])).toEqual(["stored"]);
    expect((await sink.readings({ afterPosition: 0, limit: 1 }))[0]?.reading).toEqual(reading);
    expect(cluster.sql("SELECT device FROM carepost.readings", database)).toBe('a\uFFFD"\\\uFFFD{},\uFFFD');
  });
});

test("of 1,000 readings one cannot be stored: then none is, and the failure says so", async () => {
  const database = cluster.createDatabase();
  await withSink(sinkOptions([cluster], { database }), async (sink) => {
    const many = Array.from({ length: 1000 }, (_, n) => of(n, null));
    const wrong = many.with(700, { gateway: "gw\0", reading: glucose(700) });
    await expect(sink.commit(wrong)).rejects.toMatchObject({ code: "sink-data-refused" });
    expect(await sink.counts()).toEqual({ readings: 0, deadLetters: 0 });
    await expect(sink.commit(many)).resolves.toHaveLength(1000);
  });
});

test("several ingestors that start at once make the schema once", async () => {
  const database = cluster.createDatabase();
  const sinks = await Promise.all(
    Array.from({ length: 4 }, () => openPostgresSink(sinkOptions([cluster], { database }))),
  );
  const outcomes = await Promise.all(sinks.map((sink) => sink.commit([of(1, null), of(2, null)])));
  expect(outcomes.flat().filter((outcome) => outcome === "stored")).toHaveLength(2);
  expect(cluster.sql("SELECT string_agg(version::text, ',') FROM carepost.schema_versions", database)).toBe("1,2,3");
  await Promise.all(sinks.map((sink) => sink.close()));
});

test("ingestors that commit the same readings in different orders store each once, without a deadlock", async () => {
  const database = cluster.createDatabase();
  const sinks = await Promise.all(
    Array.from({ length: 3 }, () => openPostgresSink(sinkOptions([cluster], { database }))),
  );
  const numbers = Array.from({ length: 400 }, (_, n) => n);
  const orders = [numbers, numbers.toReversed(), numbers.toSorted((a, b) => (a % 7) - (b % 7))];
  const outcomes = await Promise.all(
    sinks.map((sink, index) => sink.commit((orders[index] ?? []).map((n) => of(n, null, (n % 3) + 1)))),
  );
  expect(outcomes.flat().filter((outcome) => outcome === "stored")).toHaveLength(400);
  expect(cluster.sql("SELECT count(*), count(DISTINCT id) FROM carepost.readings", database)).toBe("400|400");
  expect(
    Number(cluster.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()", database)),
  ).toBe(0);
  await Promise.all(sinks.map((sink) => sink.close()));
});

test("a feed waits for a commit that is under way and began before what it would show", async () => {
  const database = cluster.createDatabase();
  const [one, other] = await Promise.all([0, 1].map(() => openPostgresSink(sinkOptions([cluster], { database }))));
  const reader = await openPostgresReader(sinkOptions([cluster], { database }));
  await one?.commit([of(1, null)]);
  cluster.sql(
    "CREATE FUNCTION carepost.wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1); RETURN NEW; END'",
    database,
  );
  cluster.sql(
    "CREATE TRIGGER slow BEFORE INSERT ON carepost.readings FOR EACH ROW WHEN (NEW.gateway = 'gw-slow') EXECUTE FUNCTION carepost.wait()",
    database,
  );
  const slow = one?.commit([{ gateway: "gw-slow", reading: glucose(2) }]);
  const sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
  await vi.waitUntil(() => cluster.sql(sleeping) === "1", { timeout: 30_000 });
  await other?.commit([of(3, null)]);
  const idsSeen = async (): Promise<readonly string[]> =>
    (await reader.readings({ afterPosition: 0, limit: 10 })).map(({ reading }) => reading.id);
  expect(await idsSeen()).toEqual([readingId(1)]);
  await slow;
  expect(await idsSeen()).toEqual([1, 2, 3].map(readingId));
  await Promise.all([reader.close(), one?.close(), other?.close()]);
});

test("what is committed comes after what is there, also on a server whose clock is behind", async () => {
  const database = cluster.createDatabase();
  await withSink(sinkOptions([cluster], { database }), async (sink) => void (await sink.commit([of(1, null)])));
  cluster.sql("UPDATE carepost.register SET position = position + 3600000000", database);
  await withSink(sinkOptions([cluster], { database }), async (sink) => {
    await sink.commit([of(2, null)]);
    const ids = cluster.sql("SELECT string_agg(id::text, ' ' ORDER BY position) FROM carepost.register", database);
    expect(ids).toBe(`${readingId(1)} ${readingId(2)}`);
    // Others might still come in before them by their clocks, so the feed waits for the server's.
    expect(await sink.readings({ afterPosition: 0, limit: 10 })).toEqual([]);
  });
});

test("readings of one position are not divided between two pages", async () => {
  const database = cluster.createDatabase();
  await withSink(sinkOptions([cluster], { database }), async (sink) => {
    await sink.commit([1, 2, 3, 4].map((n) => of(n, null)));
    cluster.sql(
      "UPDATE carepost.register SET position = (SELECT min(position) FROM carepost.register) WHERE id <> (SELECT id FROM carepost.register ORDER BY position DESC LIMIT 1)",
      database,
    );
    const first = await sink.readings({ afterPosition: 0, limit: 2 });
    expect(first.map(({ reading }) => reading.id)).toEqual([1, 2, 3].map(readingId));
    const rest = await sink.readings({ afterPosition: first.at(-1)?.position ?? 0, limit: 2 });
    expect(rest.map(({ reading }) => reading.id)).toEqual([readingId(4)]);
  });
});

test("a partition that is missing is made, also over readings that lay elsewhere for the lack of it", async () => {
  const database = cluster.createDatabase();
  const now = new Date().toISOString();
  const table = `carepost.readings_${now.slice(0, 7).replace("-", "_")}`;
  await withSink(sinkOptions([cluster], { database }), async () => undefined);
  cluster.sql(`DROP TABLE ${table}`, database);
  const isThere = `SELECT to_regclass('${table}') IS NOT NULL`;
  const made = async (): Promise<void> =>
    void (await vi.waitUntil(() => cluster.sql(isThere, database) === "t", { timeout: 30_000 }));
  await withSink(sinkOptions([cluster], { database, limits: { tendEveryMs: 3_600_000 } }), made);
  expect(cluster.sql(`SELECT count(*) FROM ${table}`, database)).toBe("0");
  cluster.sql(`DROP TABLE ${table}`, database);
  cluster.sql(
    `INSERT INTO carepost.readings (id, measured_at, revision, gateway, device, kind, body, committed_at)
    VALUES ('${readingId(1)}', '${now}', 1, 'gw-1', 'd', 'glucose', '{}', now())`,
    database,
  );
  await withSink(sinkOptions([cluster], { database }), made);
  expect(cluster.sql(partitionsSql, database)).toBe(`${table} 1`);
});

test("a user who may not change the schema ingests all the same once it is there", async () => {
  const database = cluster.createDatabase();
  await withSink(sinkOptions([cluster], { database }), async () => undefined);
  cluster.sql(
    `CREATE ROLE ingest_${database} LOGIN; GRANT USAGE ON SCHEMA carepost TO ingest_${database};
     GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA carepost TO ingest_${database}`,
    database,
  );
  await withSink(sinkOptions([cluster], { database, user: `ingest_${database}` }), async (sink) => {
    expect(await sink.commit([of(1, null)])).toEqual(["stored"]);
  });
});
