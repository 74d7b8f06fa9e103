import { setTimeout } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import {
  openPostgresSink,
  type PostgresSinkOptions,
} from "../../../../../cloud-sync/ingest/sinks/postgres/postgres-sink.ts";
import { startCuttingProxy } from "../../../../doubles/cutting-proxy.ts";
import { testPostgres } from "../../../../doubles/test-postgres.ts";
import { commitsAtLast, rowsSql, runLoad, someOf } from "./load.ts";
import { sinkOptions, withSink } from "./sink-of.ts";

const own = testPostgres();

const sql = (text: string): string => own.server.sql(text, own.database);
const options = (changes: Partial<PostgresSinkOptions> = {}): PostgresSinkOptions =>
  sinkOptions([own.server], { database: own.database, ...changes });

const patience = { timeout: 30_000 };
test("a server that was killed and started again is used again, and what it had acknowledged is there", async () => {
  await withSink(options(), async (sink) => {
    await sink.commit(someOf(0, 10));
    await own.server.kill();
    await expect(sink.commit(someOf(10, 10))).rejects.toMatchObject({ code: "sink-unavailable" });
    await own.server.start();
    const outcomes = await sink.commit(someOf(0, 20));
    expect(outcomes.map((outcome) => outcome === "stored")).toEqual(someOf(0, 20).map((_, n) => n >= 10));
    expect((await sink.counts()).readings).toBe(20);
  });
});

test("a start waits for a server that is not there yet, and says what is wrong when it has waited enough", async () => {
  await own.server.kill();
  const tooSoon = openPostgresSink(options({ limits: { openWaitMs: 0 } }));
  await expect(tooSoon).rejects.toMatchObject({
    code: "postgres-unreachable",
    message: expect.stringContaining("ECONNREFUSED"),
  });
  const waiting = openPostgresSink(options());
  await own.server.start();
  const sink = await waiting;
  expect(await sink.commit(someOf(1, 1))).toEqual(["stored"]);
  await sink.close();
});

test("a commit whose answer is lost is asked again as a duplicate, and one that never arrived is stored", async () => {
  const proxy = await startCuttingProxy(own.server.port);
  const servers = [{ host: "127.0.0.1", port: proxy.port }];
  await withSink(options({ servers }), async (sink) => {
    await sink.commit(someOf(0, 1));
    proxy.cutAt("COMMIT\0", "answer");
    await expect(sink.commit(someOf(10, 3))).rejects.toMatchObject({ code: "sink-unavailable" });
    await vi.waitUntil(() => sql(rowsSql) === "4|4", patience);
    expect(await sink.commit(someOf(10, 4))).toEqual(["duplicate", "duplicate", "duplicate", "stored"]);
    proxy.cutAt("COMMIT\0", "question");
    await expect(sink.commit(someOf(20, 3))).rejects.toMatchObject({ code: "sink-unavailable" });
    expect(await sink.commit(someOf(20, 3))).toEqual(["stored", "stored", "stored"]);
    expect(sql(rowsSql)).toBe("8|8");
    expect((await sink.counts()).readings).toBe(8);
  });
  await proxy.stop();
});

test("a server that is frozen costs a time-out, and its readings come again", async () => {
  const limits = { workTimeoutMs: 400, connectTimeoutMs: 300 };
  await withSink(options({ limits }), async (sink) => {
    await sink.commit(someOf(1, 1));
    // Whoever asked a frozen server for a database would wait without end.
    onTestFinished(() => own.server.thaw());
    own.server.freeze();
    await expect(sink.commit(someOf(2, 1))).rejects.toMatchObject({ code: "sink-unavailable" });
    await expect(sink.commit(someOf(3, 1))).rejects.toMatchObject({ code: "sink-unavailable" });
    own.server.thaw();
    await vi.waitUntil(() => commitsAtLast(sink, someOf(1, 3)), patience);
    expect(sql(rowsSql)).toBe("3|3");
  });
});

test("a server that takes no writes for a while is told as such, and used again when it does", async () => {
  await withSink(options(), async (sink) => {
    setReadOnly("on");
    await vi.waitUntil(() => own.server.sql("SHOW default_transaction_read_only") === "on", patience);
    await expect(sink.commit(someOf(1, 1))).rejects.toMatchObject({ code: "sink-unavailable" });
    const start = openPostgresSink(options({ limits: { openWaitMs: 0 } }));
    await expect(start).rejects.toMatchObject({ code: "postgres-read-only" });
    setReadOnly("off");
    await vi.waitUntil(() => own.server.sql("SHOW default_transaction_read_only") === "off", patience);
    expect(await sink.commit(someOf(1, 1))).toEqual(["stored"]);
  });
});

test("a server without room says that it is full, and takes the same readings when it has some", async () => {
  await withSink(options(), async (sink) => {
    sql(`CREATE FUNCTION full() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$`);
    sql("CREATE TRIGGER no_room BEFORE INSERT ON carepost.register EXECUTE FUNCTION full()");
    await expect(sink.commit(someOf(0, 5))).rejects.toMatchObject({ code: "sink-full" });
    sql("DROP TRIGGER no_room ON carepost.register");
    expect(new Set(await sink.commit(someOf(0, 5)))).toEqual(new Set(["stored"]));
  });
});

test("conflicts that the server resolves by refusing one writer are tried again", async () => {
  await withSink(options(), async (sink) => {
    sql("CREATE SEQUENCE tries");
    sql(`CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF nextval('tries') < 4 THEN RAISE EXCEPTION 'as ordered' USING ERRCODE = 'serialization_failure'; END IF;
      RETURN NEW; END $$`);
    sql("CREATE TRIGGER busy BEFORE INSERT ON carepost.register EXECUTE FUNCTION conflict()");
    expect(await sink.commit(someOf(1, 1))).toEqual(["stored"]);
    expect(sql("SELECT last_value FROM tries")).toBe("4");
  });
});

test("a wait for a standby that somebody cancels is no receipt", async () => {
  await withSink(options(), async (sink) => {
    own.server.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    own.server.sql("SELECT pg_reload_conf()");
    const waiting = sink.commit(someOf(1, 1)).catch((error: unknown) => error);
    let isOver = false;
    void waiting.then(() => (isOver = true));
    // Another session of the sink may be the first that waits.
    const cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    await vi.waitUntil(() => isOver || (own.server.sql(cancel), isOver), patience);
    expect(await waiting).toMatchObject({ code: "sink-unavailable" });
    expect(sql(rowsSql)).toBe("1|1");
    // The row is there, but on no standby: "duplicate" may be said only when a standby has it.
    const again = sink.commit(someOf(1, 1));
    const waits = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    await vi.waitUntil(() => own.server.sql(waits) === "t", patience);
    own.server.sql("ALTER SYSTEM RESET synchronous_standby_names");
    own.server.sql("SELECT pg_reload_conf()");
    expect(await again).toEqual(["duplicate"]);
  });
});

test("through kills of server processes in mid-batch no reading is lost and none doubled", async () => {
  await withSink(options(), async (sink) => {
    const done = new AbortController();
    const load = runLoad(sink, done.signal);
    for (let round = 0; round < 5; round += 1) {
      await setTimeout(150);
      if (round % 2 === 0) {
        await own.server.kill();
        await own.server.start();
      } else {
        await killWriter();
      }
    }
    done.abort();
    const readings = await load;
    await vi.waitUntil(() => isReady(), patience);
    expect(sql(rowsSql)).toBe(`${readings}|${readings}`);
    expect((await sink.counts()).readings).toBe(readings);
  });
}, 120_000);

/** SIGKILL to one process that serves the sink, whereupon the server ends all of them and recovers. */
async function killWriter(): Promise<void> {
  const pidSql = "SELECT pid FROM pg_stat_activity WHERE application_name = 'carepost-ingest' LIMIT 1";
  const pid = await vi.waitUntil(() => isReady() && Number(own.server.sql(pidSql)), patience);
  process.kill(pid, "SIGKILL");
}

function isReady(): boolean {
  try {
    return own.server.sql("SELECT 1") === "1";
  } catch {
    return false;
  }
}

function setReadOnly(value: "on" | "off"): void {
  own.server.sql(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
  own.server.sql("SELECT pg_reload_conf()");
}
