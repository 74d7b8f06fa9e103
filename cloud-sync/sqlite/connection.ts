import BetterSqlite3 from "better-sqlite3";

/** A connection of better-sqlite3, for the modules that write SQL. Only this folder makes one. */
export type Sqlite = BetterSqlite3.Database;
export type Statement<Parameters extends unknown[], Row = unknown> = BetterSqlite3.Statement<Parameters, Row>;

export const keyBytes = 32;
export const pageBytes = 4096;

export interface ConnectionOptions {
  readonly path: string;
  /** 32 random bytes; null for a database without encryption and without protection against bit rot. */
  readonly key: Uint8Array | null;
  readonly busyTimeoutMs: number;
  readonly access: "writer" | "reader";
}

/**
 * Opens a connection and gives it its key: with AEGIS-256 every page is encrypted and under a MAC. The key is raw, so
 * that no slow derivation stands in the way of the start. Neither the file nor the key is looked at before the first
 * statement.
 */
export function connect({ path, key, busyTimeoutMs, access }: ConnectionOptions): Sqlite {
  const sql = new BetterSqlite3(path, { timeout: busyTimeoutMs, readonly: access === "reader" });
  if (key !== null) {
    sql.pragma("cipher = 'aegis'");
    sql.pragma(`key = 'raw:${Buffer.from(key).toString("hex")}'`);
  }
  return sql;
}

export interface Tuning {
  readonly fileBytesMax: number;
  readonly walBytesMax: number;
  readonly pageCacheBytesMax: number;
}

/**
 * Makes a keyed connection durable and bounded. `synchronous` is said after `journal_mode`, because this build falls
 * back to NORMAL in WAL mode where it is not said, and would then lose acknowledged rows at a power cut.
 */
export function makeDurable(sql: Sqlite, tuning: Tuning): void {
  sql.pragma(`page_size = ${pageBytes}`);
  sql.pragma("journal_mode = WAL");
  sql.pragma("synchronous = FULL");
  sql.pragma("foreign_keys = ON");
  sql.pragma("secure_delete = ON");
  // Temporary files would not be encrypted.
  sql.pragma("temp_store = MEMORY");
  sql.pragma(`cache_size = ${-Math.ceil(tuning.pageCacheBytesMax / 1024)}`);
  sql.pragma(`journal_size_limit = ${tuning.walBytesMax}`);
  sql.pragma(`wal_autocheckpoint = ${Math.max(1, Math.floor(tuning.walBytesMax / 4 / pageBytes))}`);
  sql.pragma(`max_page_count = ${Math.floor(tuning.fileBytesMax / pageBytes)}`);
}

/**
 * Holds a file for this process until `release`, or until the process dies, by the lock that SQLite itself would take.
 * Throws SQLite's own error, `SQLITE_BUSY` if another has it.
 */
export function holdFile(path: string): { release(): void } {
  const sql = new BetterSqlite3(path, { timeout: 0 });
  try {
    sql.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    sql.close();
    throw error;
  }
  return { release: () => sql.close() };
}
