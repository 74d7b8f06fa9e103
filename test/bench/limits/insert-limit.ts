import { join } from "node:path";
import Database from "better-sqlite3";
import { cpuSeconds } from "../figure.ts";

/**
 * The least that durable intake can cost: one table, one unique key, one prepared statement, `rowsPerCommit` rows in a
 * transaction on the main thread, each commit on disk (WAL, synchronous=FULL). No product does less.
 */
export interface InsertLimit {
  readonly rowsPerSecond: number;
  readonly cpuSecondsPer100k: number;
}

export interface InsertLimitOptions {
  readonly folder: string;
  readonly bodies: readonly Uint8Array[];
  readonly rowsPerCommit: number;
  readonly durationMs: number;
}

export function measureInsertLimit(options: InsertLimitOptions): InsertLimit {
  const database = new Database(join(options.folder, `limit-${process.hrtime.bigint()}.db`));
  database.pragma("journal_mode=WAL");
  database.pragma("synchronous=FULL");
  database.exec("CREATE TABLE entry(seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, body BLOB NOT NULL) STRICT");
  const insert = database.prepare("INSERT INTO entry(id, body) VALUES (?, ?)");
  const id = Buffer.alloc(16);
  let rows = 0;
  const commit = database.transaction(() => {
    for (let row = 0; row < options.rowsPerCommit; row += 1) {
      spread(id, rows);
      insert.run(id, options.bodies[rows % options.bodies.length]);
      rows += 1;
    }
  });
  const before = process.cpuUsage();
  const started = performance.now();
  while (performance.now() - started < options.durationMs) commit.immediate();
  const elapsedS = (performance.now() - started) / 1000;
  const cpu = cpuSeconds(before);
  database.close();
  return { rowsPerSecond: rows / elapsedS, cpuSecondsPer100k: (cpu / rows) * 100_000 };
}

/** Ids are hashes in the product, so they are spread over the key here too: an ascending key would be cheaper. */
export function spread(id: Buffer, index: number): void {
  id.writeUInt32BE(Math.imul(index, 2_654_435_761) >>> 0, 0);
  id.writeUInt32BE(Math.imul(index, 2_246_822_519) >>> 0, 4);
  id.writeUInt32BE(index, 8);
}
