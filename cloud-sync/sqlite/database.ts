import { statSync } from "node:fs";
import { dirname } from "node:path";
import { ballastPath, releaseBallast } from "./ballast.ts";
import { connect, holdFile, keyBytes, makeDurable, pageBytes, type Sqlite, type Statement } from "./connection.ts";
import { type DatabaseLimits, databaseLimits } from "./database-limits.ts";
import {
  clearWay,
  type FileState,
  inspectFiles,
  makePrivateFile,
  setAside,
  walBytes,
  wrongKey,
} from "./database-file.ts";
import { makeGuard, noteDamage, writeGuard } from "./guard.ts";
import { migrate, type Schema, versionOf } from "./migrations.ts";
import { faultOf, sqliteErrors } from "./sqlite-error.ts";

export interface DatabaseOptions {
  readonly path: string;
  /** 32 random bytes, or null for a database without encryption and without protection against bit rot. */
  readonly key: Uint8Array | null;
  readonly schema: Schema;
  /** Wall-clock time, for the name of a file that is set aside. */
  readonly at: number;
  readonly limits?: Partial<DatabaseLimits>;
}

export interface OpenReport {
  readonly isNew: boolean;
  /** Where a damaged predecessor lies now, and what was wrong with it. */
  readonly setAside: { readonly path: string; readonly reason: string } | null;
  /** False after a crash or a power cut. */
  readonly wasClosed: boolean;
  /** False where the file was too large to be read whole at the start. */
  readonly isChecked: boolean;
}

/**
 * Opens a database as its only writer. A file that is damaged is set aside and a new one begun; the report says so.
 * Throws `store-locked`, `store-unreachable`, `store-key-wrong`, `store-foreign`, `store-schema-newer` or `disk-full`,
 * and then has changed nothing.
 */
export function openDatabase(options: DatabaseOptions): Database {
  requireKeyLength(options.key);
  const lock = lockFor(options.path);
  try {
    return new Database(options, { ...coded(() => openWithRoom(options)), lock });
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Opens a database to read only, also while its writer runs: no lock, no repair, no migration. Statements should be
 * short, because the WAL grows as long as one is under way. Throws as `openDatabase`, and `store-schema-older`.
 */
export function openReader(options: DatabaseOptions): Database {
  requireKeyLength(options.key);
  const limits = { ...databaseLimits, ...options.limits };
  const file = inspectFiles(options.path, options.key);
  if (file.state === "absent") throw sqliteErrors.make("store-unreachable", "there is no database at this path");
  if (file.state === "damaged") throw sqliteErrors.make("store-damaged", file.reason);
  const { path, key } = options;
  const sql = coded(() => connect({ path, key, busyTimeoutMs: limits.busyTimeoutMs, access: "reader" }));
  try {
    const version = coded(() => versionOf(sql, options.schema));
    if (version < options.schema.migrations.length) {
      throw sqliteErrors.make("store-schema-older", `schema version ${version}`, { context: { version } });
    }
  } catch (error) {
    sql.close();
    throw error;
  }
  return new Database(options, {
    sql,
    lock: null,
    report: { isNew: false, setAside: null, wasClosed: true, isChecked: false },
  });
}

interface Opened {
  readonly sql: Sqlite;
  readonly report: OpenReport;
  readonly lock: { release(): void } | null;
}

export interface Space {
  readonly fileBytes: number;
  /** Of the file, what is free for new rows. */
  readonly freeBytes: number;
  readonly walBytes: number;
  readonly fileBytesMax: number;
}

/** An open database: the connection, and what its owner has to know of its files. */
export class Database {
  readonly sql: Sqlite;
  readonly report: OpenReport;
  readonly path: string;
  readonly #lock: { release(): void } | null;
  readonly #pages: Statement<[], number>;
  readonly #freePages: Statement<[], number>;
  readonly #limits: DatabaseLimits;
  #durability: Durability = "power-cut";

  constructor(options: DatabaseOptions, { sql, report, lock }: Opened) {
    this.sql = sql;
    this.report = report;
    this.path = options.path;
    this.#lock = lock;
    this.#limits = { ...databaseLimits, ...options.limits };
    this.#pages = sql.prepare<[], number>("PRAGMA page_count").pluck();
    this.#freePages = sql.prepare<[], number>("PRAGMA freelist_count").pluck();
  }

  space(): Space {
    return {
      fileBytes: (this.#pages.get() ?? 0) * pageBytes,
      freeBytes: (this.#freePages.get() ?? 0) * pageBytes,
      walBytes: walBytes(this.path),
      fileBytesMax: this.#limits.fileBytesMax,
    };
  }

  /** When SQLite says that it is full: is it by its quota, and not by the disk? */
  get isAtQuota(): boolean {
    const { fileBytes, fileBytesMax } = this.space();
    return fileBytes + quotaSlackBytes >= fileBytesMax;
  }

  /**
   * What the next commits are to survive. With `crash` a commit does not wait for the disk: only for what may be
   * done again at no loss. A later commit with `power-cut` makes the earlier ones durable too.
   */
  set durability(durability: Durability) {
    if (durability === this.#durability) return;
    this.sql.pragma(`synchronous = ${durability === "power-cut" ? "FULL" : "NORMAL"}`);
    this.#durability = durability;
  }

  /**
   * Moves the WAL into the file and empties it; false if a reader in another process still needs it. It does not wait
   * for one, because commits wait meanwhile.
   */
  checkpoint(): boolean {
    this.sql.pragma("busy_timeout = 0");
    try {
      const [outcome] = this.sql.prepare<[], [busy: number]>("PRAGMA wal_checkpoint(TRUNCATE)").raw().all();
      return outcome?.[0] === 0;
    } finally {
      this.sql.pragma(`busy_timeout = ${this.#limits.busyTimeoutMs}`);
    }
  }

  /** The next start will set the file aside. Only its owner judges. */
  condemn(reason: string): void {
    if (this.#lock === null) return;
    try {
      noteDamage(this.path, reason);
    } catch {
      // Without the note the damage is met again where it was met now; the caller reports it in any case.
    }
  }

  close(): void {
    if (!this.sql.open) return;
    try {
      this.sql.close();
    } finally {
      this.#lock?.release();
    }
  }
}

/** A transaction that met the quota was undone, so the file may stand a little below it. */
const quotaSlackBytes = 128 * pageBytes;

export type Durability = "power-cut" | "crash";

function lockFor(path: string): { release(): void } {
  const folder = dirname(path);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw sqliteErrors.make("store-unreachable", "the folder of the database does not exist");
  }
  return coded(() => holdFile(`${path}-lock`));
}

/** A full disk may hinder even the opening, which is when the ballast is let go. */
function openWithRoom(options: DatabaseOptions): Omit<Opened, "lock"> {
  try {
    return openOrReplace(options);
  } catch (error) {
    if (!sqliteErrors.is(error, "disk-full") || !releaseBallast(ballastPath(options.path))) throw error;
    return openOrReplace(options);
  }
}

function openOrReplace(options: DatabaseOptions): Omit<Opened, "lock"> {
  const file = inspectFiles(options.path, options.key);
  if (file.state === "absent") return create(options, null);
  if (file.state === "damaged") return replace(options, file.reason);
  if (!file.isKeyKnown) requireReadableHead(options);
  try {
    const opened = openPresent(options, file);
    return file.isGuarded ? opened : reopenWithGuard(options, opened);
  } catch (error) {
    if (!sqliteErrors.is(error, "store-damaged")) throw error;
    return replace(options, error.message);
  }
}

/** Without a guard a wrong key and a damaged first page look the same: then nothing is touched. */
function requireReadableHead({ path, key, schema }: DatabaseOptions): void {
  const sql = coded(() => connect({ path, key, busyTimeoutMs: 0, access: "reader" }));
  try {
    coded(() => versionOf(sql, schema));
  } catch (error) {
    if (!sqliteErrors.is(error, "store-damaged")) throw error;
    throw wrongKey("neither the key nor the head of the file can be proved: one of them is wrong");
  } finally {
    sql.close();
  }
}

function replace(options: DatabaseOptions, reason: string): Omit<Opened, "lock"> {
  return create(options, { path: setAside(options.path, options.at), reason });
}

function create(options: DatabaseOptions, aside: OpenReport["setAside"]): Omit<Opened, "lock"> {
  const stray = clearWay(options.path, options.at);
  const setAsideNow = aside ?? (stray === null ? null : { path: stray, reason: "a WAL without its database" });
  makePrivateFile(options.path);
  const report = { isNew: true, setAside: setAsideNow, wasClosed: true, isChecked: true };
  return reopenWithGuard(options, { sql: connectAndMigrate(options), report });
}

function openPresent(options: DatabaseOptions, file: FileState & { state: "present" }): Omit<Opened, "lock"> {
  const limits = { ...databaseLimits, ...options.limits };
  const isSmall = (statSync(options.path).size ?? 0) + walBytes(options.path) <= limits.checkBytesMax;
  const sql = connectAndMigrate(options);
  try {
    if (isSmall) coded(() => requireSound(sql));
  } catch (error) {
    sql.close();
    throw error;
  }
  return { sql, report: { isNew: false, setAside: null, wasClosed: file.wasClosed, isChecked: isSmall } };
}

/** The head of a file can be read only while SQLite does not have it open. */
function reopenWithGuard(options: DatabaseOptions, opened: Omit<Opened, "lock">): Omit<Opened, "lock"> {
  opened.sql.close();
  writeGuard(options.path, makeGuard(options.path, options.key));
  return { sql: connectAndMigrate(options), report: opened.report };
}

function connectAndMigrate({ path, key, schema, limits: chosen }: DatabaseOptions): Sqlite {
  const limits = { ...databaseLimits, ...chosen };
  const sql = coded(() => connect({ path, key, busyTimeoutMs: limits.busyTimeoutMs, access: "writer" }));
  try {
    coded(() => {
      versionOf(sql, schema);
      makeDurable(sql, limits);
      migrate(sql, schema);
    });
    return sql;
  } catch (error) {
    sql.close();
    throw error;
  }
}

/** Reads every page in use; without a key it finds damage to the structure, with one any change at all. */
export function requireSound(sql: Sqlite): void {
  const [first] = sql.prepare<[], string>("PRAGMA quick_check(1)").pluck().all();
  if (first === "ok") return;
  // The first line only names the database.
  throw sqliteErrors.make("store-damaged", first?.split("\n").at(1) ?? first ?? "the check gave no answer");
}

function requireKeyLength(key: Uint8Array | null): void {
  if (key === null || key.length === keyBytes) return;
  throw wrongKey(`a key has ${keyBytes} bytes, this one ${key.length}`);
}

function coded<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (sqliteErrors.is(error)) throw error;
    const { code, message } = faultOf(error);
    throw sqliteErrors.make(code, message, { cause: error });
  }
}
