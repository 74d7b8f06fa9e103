import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { GatewayFleet } from "../../doubles/gateway-fleet.ts";
import { type IngestorProcess, inPostgres, startIngestorProcess } from "../../doubles/ingestor-process.ts";
import { type PostgresCluster, startPostgres } from "../../doubles/postgres-cluster.ts";

/** A database, and the ingestors that share it, as processes of their own. */
export interface IngestorStage {
  readonly cluster: PostgresCluster;
  startIngestor(name: string, ingest: Readonly<Record<string, unknown>>): Promise<IngestorProcess>;
  /** What was measured, beside what the database holds. */
  books(fleet: GatewayFleet): FleetBooks;
  /** Ends with the stage, before what was there before it. */
  keep(ending: () => Promise<unknown>): void;
  end(): Promise<void>;
}

export interface FleetBooks {
  readonly measured: number;
  readonly lost: number;
  readonly doubled: number;
}

export async function openIngestorStage(): Promise<IngestorStage> {
  const endings: (() => Promise<unknown>)[] = [];
  const folder = mkdtempSync(join(tmpdir(), "carepost-ingestors-"));
  endings.push(async () => rmSync(folder, { recursive: true, force: true }));
  const cluster = await startPostgres({ settings: ["fsync = off"] });
  endings.push(() => cluster.remove());
  const database = cluster.createDatabase();
  return {
    cluster,
    startIngestor: async (name, ingest) => {
      const ingestor = await startIngestorProcess({ name, folder, sections: inPostgres(cluster, database, ingest) });
      endings.push(() => ingestor.kill());
      return ingestor;
    },
    books: (fleet) => compareBooks(fleet.measured(), storedIds(cluster, database)),
    keep: (ending) => void endings.push(ending),
    end: async () => {
      for (const ending of endings.splice(0).toReversed()) await ending();
    },
  };
}

const storedIds = (cluster: PostgresCluster, database: string): readonly string[] =>
  cluster.sql("SELECT id FROM carepost.readings", database).split("\n").filter(Boolean);

export function compareBooks(measured: readonly string[], stored: readonly string[]): FleetBooks {
  const distinct = new Set(stored);
  return {
    measured: measured.length,
    lost: measured.filter((id) => !distinct.has(id)).length,
    doubled: stored.length - distinct.size,
  };
}

/** Waits for something that other processes bring about; says what did not come. */
export async function until(what: string, holds: () => boolean, timeoutMs = 60_000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await setTimeout(20);
  }
}
