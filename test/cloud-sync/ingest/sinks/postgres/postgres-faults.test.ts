import { setTimeout } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { openPostgresReader, openPostgresSink } from "../../../../../cloud-sync/ingest/sinks/postgres/postgres-sink.ts";
import type { Delivery, Sink } from "../../../../../cloud-sync/ingest/sink.ts";
import { ingestErrors } from "../../../../../cloud-sync/ingest/ingest-error.ts";
import { startCuttingProxy } from "../../../../doubles/cutting-proxy.ts";
import { type ClusterOptions, type PostgresCluster, startPostgres } from "../../../../doubles/postgres-cluster.ts";
import { glucose } from "../../sample-readings.ts";
import { sinkOptions, withSink } from "./sink-of.ts";

const clusters: PostgresCluster[] = [];

afterEach(async () => {
  for (const one of clusters.splice(0)) await one.remove();
});

async function cluster(options: ClusterOptions = {}): Promise<PostgresCluster> {
  const started = await startPostgres({ ...options, settings: ["fsync = off", ...(options.settings ?? [])] });
  clusters.push(started);
  return started;
}

const patience = { timeout: 20_000 };
const of = (number: number): Delivery => ({ gateway: "gw-1", reading: glucose(number) });
const someOf = (from: number, count: number): readonly Delivery[] =>
  Array.from({ length: count }, (_, n) => of(from + n));
const rowsSql = "SELECT count(*), count(DISTINCT id) FROM carepost.readings";

test("a server that was killed and started again is used again, and what it had acknowledged is there", async () => {
  const server = await cluster();
  await withSink(sinkOptions([server]), async (sink) => {
    await sink.commit(someOf(0, 10));
    await server.kill();
    await expect(sink.commit(someOf(10, 10))).rejects.toMatchObject({ code: "sink-unavailable" });
    await server.start();
    const outcomes = await sink.commit(someOf(0, 20));
    expect(outcomes.map((outcome) => outcome === "stored")).toEqual(someOf(0, 20).map((_, n) => n >= 10));
    expect((await sink.counts()).readings).toBe(20);
  });
});

test("a start waits for a server that is not there yet, and says what is wrong when it has waited enough", async () => {
  const server = await cluster();
  await server.kill();
  const tooSoon = openPostgresSink(sinkOptions([server], { limits: { openWaitMs: 0 } }));
  await expect(tooSoon).rejects.toMatchObject({
    code: "postgres-unreachable",
    message: expect.stringContaining("ECONNREFUSED"),
  });
  const waiting = openPostgresSink(sinkOptions([server]));
  await server.start();
  const sink = await waiting;
  expect(await sink.commit([of(1)])).toEqual(["stored"]);
  await sink.close();
});

test("a commit whose answer is lost is asked again as a duplicate, and one that never arrived is stored", async () => {
  const server = await cluster();
  const proxy = await startCuttingProxy(server.port);
  const servers = [{ host: "127.0.0.1", port: proxy.port }];
  await withSink(sinkOptions([server], { servers }), async (sink) => {
    await sink.commit([of(0)]);
    proxy.cutAt("COMMIT\0", "answer");
    await expect(sink.commit(someOf(10, 3))).rejects.toMatchObject({ code: "sink-unavailable" });
    await vi.waitUntil(() => server.sql(rowsSql) === "4|4", patience);
    expect(await sink.commit(someOf(10, 4))).toEqual(["duplicate", "duplicate", "duplicate", "stored"]);
    proxy.cutAt("COMMIT\0", "question");
    await expect(sink.commit(someOf(20, 3))).rejects.toMatchObject({ code: "sink-unavailable" });
    expect(await sink.commit(someOf(20, 3))).toEqual(["stored", "stored", "stored"]);
    expect(server.sql(rowsSql)).toBe("8|8");
    expect((await sink.counts()).readings).toBe(8);
  });
  await proxy.stop();
});

test("a server that is frozen costs a time-out, and its readings come again", async () => {
  const server = await cluster();
  const limits = { workTimeoutMs: 400, connectTimeoutMs: 300 };
  await withSink(sinkOptions([server], { limits }), async (sink) => {
    await sink.commit([of(1)]);
    server.freeze();
    await expect(sink.commit([of(2)])).rejects.toMatchObject({ code: "sink-unavailable" });
    await expect(sink.commit([of(3)])).rejects.toMatchObject({ code: "sink-unavailable" });
    server.thaw();
    await vi.waitUntil(() => commitsAtLast(sink, [of(1), of(2), of(3)]), patience);
    expect(server.sql(rowsSql)).toBe("3|3");
  });
});

test("a server that takes no writes for a while is told as such, and used again when it does", async () => {
  const server = await cluster();
  await withSink(sinkOptions([server]), async (sink) => {
    setReadOnly(server, "on");
    await vi.waitUntil(() => server.sql("SHOW default_transaction_read_only") === "on", patience);
    await expect(sink.commit([of(1)])).rejects.toMatchObject({ code: "sink-unavailable" });
    const start = openPostgresSink(sinkOptions([server], { limits: { openWaitMs: 0 } }));
    await expect(start).rejects.toMatchObject({ code: "postgres-read-only" });
    setReadOnly(server, "off");
    await vi.waitUntil(() => server.sql("SHOW default_transaction_read_only") === "off", patience);
    expect(await sink.commit([of(1)])).toEqual(["stored"]);
  });
});

test("a server without room says that it is full, and takes the same readings when it has some", async () => {
  const server = await cluster();
  await withSink(sinkOptions([server]), async (sink) => {
    server.sql(`CREATE FUNCTION full() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$`);
    server.sql("CREATE TRIGGER no_room BEFORE INSERT ON carepost.register EXECUTE FUNCTION full()");
    await expect(sink.commit(someOf(0, 5))).rejects.toMatchObject({ code: "sink-full" });
    server.sql("DROP TRIGGER no_room ON carepost.register");
    expect(new Set(await sink.commit(someOf(0, 5)))).toEqual(new Set(["stored"]));
  });
});

test("conflicts that the server resolves by refusing one writer are tried again", async () => {
  const server = await cluster();
  await withSink(sinkOptions([server]), async (sink) => {
    server.sql("CREATE SEQUENCE tries");
    server.sql(`CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF nextval('tries') < 4 THEN RAISE EXCEPTION 'as ordered' USING ERRCODE = 'serialization_failure'; END IF;
      RETURN NEW; END $$`);
    server.sql("CREATE TRIGGER busy BEFORE INSERT ON carepost.register EXECUTE FUNCTION conflict()");
    expect(await sink.commit([of(1)])).toEqual(["stored"]);
    expect(server.sql("SELECT last_value FROM tries")).toBe("4");
  });
});

test("a wait for a standby that somebody cancels is no receipt", async () => {
  const server = await cluster();
  await withSink(sinkOptions([server]), async (sink) => {
    server.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    server.sql("SELECT pg_reload_conf()");
    const waiting = sink.commit([of(1)]).catch((error: unknown) => error);
    let isOver = false;
    void waiting.then(() => (isOver = true));
    // Another session of the sink may be the first that waits.
    const cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    await vi.waitUntil(() => isOver || (server.sql(cancel), isOver), patience);
    expect(await waiting).toMatchObject({ code: "sink-unavailable" });
    expect(server.sql(rowsSql)).toBe("1|1");
    // The row is there, but on no standby: "duplicate" may be said only when a standby has it.
    const again = sink.commit([of(1)]);
    const waits = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    await vi.waitUntil(() => server.sql(waits) === "t", patience);
    server.sql("ALTER SYSTEM RESET synchronous_standby_names");
    server.sql("SELECT pg_reload_conf()");
    expect(await again).toEqual(["duplicate"]);
  });
});

test("through kills of server processes in mid-batch no reading is lost and none doubled", async () => {
  const server = await cluster();
  await withSink(sinkOptions([server]), async (sink) => {
    const done = new AbortController();
    const load = runLoad(sink, done.signal);
    for (let round = 0; round < 5; round += 1) {
      await setTimeout(150);
      if (round % 2 === 0) {
        await server.kill();
        await server.start();
      } else {
        await killWriter(server);
      }
    }
    done.abort();
    const readings = await load;
    await vi.waitUntil(() => isReady(server), patience);
    expect(server.sql(rowsSql)).toBe(`${readings}|${readings}`);
    expect((await sink.counts()).readings).toBe(readings);
  });
}, 60_000);

test("when the primary is killed and a standby promoted, nothing acknowledged is lost and nothing doubled", async () => {
  const primary = await cluster();
  const standbys = [
    await cluster({ standbyOf: { primary, name: "s1" } }),
    await cluster({ standbyOf: { primary, name: "s2" } }),
  ];
  primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (s1, s2)'");
  primary.sql("SELECT pg_reload_conf()");
  const all = [primary, ...standbys];
  await withSink(sinkOptions(all), async (sink) => {
    const done = new AbortController();
    const load = runLoad(sink, done.signal);
    await vi.waitUntil(() => hasMore(primary, 1500), { timeout: 10_000 });
    await primary.kill();
    // Whichever standby has more: with a quorum of one, either alone may have what was acknowledged last.
    const received = standbys.map((standby) => standby.sql("SELECT pg_last_wal_receive_lsn() - '0/0'"));
    const [first, second] = standbys;
    const next = Number(received[0]) >= Number(received[1]) ? first : second;
    next?.sql("SELECT pg_promote(true)");
    await vi.waitUntil(() => hasMore(next, 3000), { timeout: 10_000 });
    done.abort();
    const readings = await load;
    expect(next?.sql(rowsSql)).toBe(`${readings}|${readings}`);
    // The old primary comes back and believes in itself: of two that take writes the later timeline is right.
    await primary.start();
    const reader = await openPostgresReader(sinkOptions(all));
    expect((await reader.counts()).readings).toBe(readings);
    await reader.close();
  });
}, 60_000);

/**
 * Commits batches of 200 as gateways do, two at a time, until it is told to stop: what is not acknowledged is sent
 * again. Returns how many readings were acknowledged.
 */
async function runLoad(sink: Sink, signal: AbortSignal): Promise<number> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (!signal.aborted) {
      const batch = someOf(next++ * 200, 200);
      while (!(await commitsAtLast(sink, batch))) await setTimeout(20);
    }
  };
  await Promise.all([lane(), lane()]);
  return next * 200;
}

const hasMore = (server: PostgresCluster | undefined, than: number): boolean =>
  Number(server?.sql("SELECT sum(readings) FROM carepost.totals")) > than;

async function commitsAtLast(sink: Sink, batch: readonly Delivery[]): Promise<boolean> {
  try {
    await sink.commit(batch);
    return true;
  } catch (error) {
    if (ingestErrors.is(error, "sink-unavailable")) return false;
    throw error;
  }
}

/** SIGKILL to one process that serves the sink, whereupon the server ends all of them and recovers. */
async function killWriter(server: PostgresCluster): Promise<void> {
  const pidSql = "SELECT pid FROM pg_stat_activity WHERE application_name = 'carepost-ingest' LIMIT 1";
  const pid = await vi.waitUntil(() => isReady(server) && Number(server.sql(pidSql)), patience);
  process.kill(pid, "SIGKILL");
}

function isReady(server: PostgresCluster): boolean {
  try {
    return server.sql("SELECT 1") === "1";
  } catch {
    return false;
  }
}

function setReadOnly(server: PostgresCluster, value: "on" | "off"): void {
  server.sql(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
  server.sql("SELECT pg_reload_conf()");
}
