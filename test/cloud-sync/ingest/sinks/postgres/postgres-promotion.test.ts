import { expect, onTestFinished, test, vi } from "vitest";
import { openPostgresReader } from "../../../../../cloud-sync/ingest/sinks/postgres/postgres-sink.ts";
import { type ClusterOptions, type PostgresCluster, startPostgres } from "../../../../doubles/postgres-cluster.ts";
import { rowsSql, runLoad } from "./load.ts";
import { sinkOptions, withSink } from "./sink-of.ts";

test("when the primary is killed and a standby promoted, nothing acknowledged is lost and nothing doubled", async () => {
  const primary = await started();
  const standbys = [
    await started({ standbyOf: { primary, name: "s1" } }),
    await started({ standbyOf: { primary, name: "s2" } }),
  ];
  primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (s1, s2)'");
  primary.sql("SELECT pg_reload_conf()");
  const all = [primary, ...standbys];
  await withSink(sinkOptions(all), async (sink) => {
    const done = new AbortController();
    const load = runLoad(sink, done.signal);
    await vi.waitUntil(() => hasMore(primary, 1500), { timeout: 30_000 });
    await primary.kill();
    // Whichever standby has more: with a quorum of one, either alone may have what was acknowledged last.
    const received = standbys.map((standby) => standby.sql("SELECT pg_last_wal_receive_lsn() - '0/0'"));
    const [first, second] = standbys;
    const next = Number(received[0]) >= Number(received[1]) ? first : second;
    next?.sql("SELECT pg_promote(true)");
    await vi.waitUntil(() => hasMore(next, 3000), { timeout: 30_000 });
    done.abort();
    const readings = await load;
    expect(next?.sql(rowsSql)).toBe(`${readings}|${readings}`);
    // The old primary comes back and believes in itself: of two that take writes the later timeline is right.
    await primary.start();
    const reader = await openPostgresReader(sinkOptions(all));
    expect((await reader.counts()).readings).toBe(readings);
    await reader.close();
  });
});

async function started(options: ClusterOptions = {}): Promise<PostgresCluster> {
  const cluster = await startPostgres({ ...options, settings: ["fsync = off"] });
  onTestFinished(() => cluster.remove());
  return cluster;
}

const hasMore = (server: PostgresCluster | undefined, than: number): boolean =>
  Number(server?.sql("SELECT sum(readings) FROM carepost.totals")) > than;
