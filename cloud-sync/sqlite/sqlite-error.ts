import { type CarepostError, defineErrors } from "../../device-drivers/kit/carepost-error.ts";

export type SqliteErrorCode = keyof typeof table;

const table = {
  "store-locked": {
    blame: "operator",
    recovery: "stop",
    remedy: "Another process has this database open: end it, or give this one a path of its own.",
  },
  "store-unreachable": {
    blame: "operator",
    recovery: "stop",
    remedy: "Check that the folder exists, that it is writable for this user, and that the file system is mounted.",
  },
  "store-key-wrong": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Give the 32-byte key that this database was made with, or none if it was made without. Nothing was changed.",
  },
  "store-damaged": {
    blame: "storage",
    recovery: "rebuild",
    remedy:
      "Start again: the damaged file is set aside and what is readable is taken over. Then have the disk checked.",
  },
  "store-foreign": {
    blame: "operator",
    recovery: "stop",
    remedy: "This file is the database of something else: check the configured path. Nothing was changed.",
  },
  "store-schema-newer": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "A later version of Carepost wrote this database: install that version or a later one. Nothing was changed.",
  },
  "store-schema-older": {
    blame: "operator",
    recovery: "stop",
    remedy: "This database was written by an earlier version: start the program that owns it once, then look again.",
  },
  "storage-failed": {
    blame: "storage",
    recovery: "stop",
    remedy: "The disk failed to write or to flush. The process must end; after a restart only what is on disk counts.",
  },
  "disk-full": {
    blame: "storage",
    recovery: "retry",
    remedy: "Free space on the disk of the database. It takes new entries again by itself, without a restart.",
  },
  "quota-exceeded": {
    blame: "storage",
    recovery: "retry",
    remedy: "Restore the connection so that the backlog drains, or raise the quota of the database.",
  },
  "commit-queue-full": {
    blame: "program",
    recovery: "retry",
    remedy: "More arrives than the disk takes: wait for earlier requests before making new ones.",
  },
  "commit-thread-ended": {
    blame: "program",
    recovery: "stop",
    remedy: "The database thread died. The process must end; after a restart only what is on disk counts.",
  },
  "store-closed": {
    blame: "program",
    recovery: "stop",
    remedy: "The database was closed before this request: it was not carried out.",
  },
  "store-request-failed": {
    blame: "program",
    recovery: "quarantine",
    remedy:
      "This one request could not be carried out and was undone; others were not affected. Report it with its cause.",
  },
} as const;

export const sqliteErrors = defineErrors<SqliteErrorCode>(table);

/** An error in a form that crosses a thread boundary. */
export interface SqliteFault {
  readonly code: SqliteErrorCode;
  readonly message: string;
}

/**
 * Gives what SQLite or a request's handler threw its code. SQLite's own messages name tables and columns, never values.
 * A short read means a file that ends too early, so it is damage and not a failure of the disk.
 */
export function faultOf(error: unknown): SqliteFault {
  if (sqliteErrors.is(error)) return { code: error.code, message: error.message };
  const cause = causeOf(error);
  const text = error instanceof Error ? error.message : String(error);
  return { code: codeFor(cause), message: cause === "" ? text : `${text} (${cause})` };
}

export function errorOf(fault: SqliteFault): CarepostError<SqliteErrorCode> {
  return sqliteErrors.make(fault.code, fault.message);
}

/** After these nothing more may be written through the same connection. */
export function isFatal(fault: SqliteFault): boolean {
  return fault.code === "storage-failed" || fault.code === "store-damaged";
}

/** SQLite's extended result code, such as `SQLITE_IOERR_FSYNC`, or the system's, such as `EACCES`; else an empty text. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return "";
  return error.name === "SqliteError" || "syscall" in error ? error.code : "";
}

function codeFor(cause: string): SqliteErrorCode {
  const found = prefixes.find(([prefix]) => cause.startsWith(prefix));
  return found === undefined ? "store-request-failed" : found[1];
}

/** The first that fits decides, so the particular stands before the general. */
const prefixes: readonly (readonly [prefix: string, code: SqliteErrorCode])[] = [
  ["SQLITE_BUSY", "store-locked"],
  ["SQLITE_LOCKED", "store-locked"],
  ["SQLITE_FULL", "disk-full"],
  ["SQLITE_IOERR_SHMSIZE", "disk-full"],
  ["SQLITE_IOERR_SHORT_READ", "store-damaged"],
  ["SQLITE_IOERR_DATA", "store-damaged"],
  ["SQLITE_IOERR_CORRUPTFS", "store-damaged"],
  ["SQLITE_CORRUPT", "store-damaged"],
  ["SQLITE_NOTADB", "store-damaged"],
  ["SQLITE_IOERR", "storage-failed"],
  ["SQLITE_CANTOPEN", "store-unreachable"],
  ["SQLITE_READONLY", "store-unreachable"],
  ["SQLITE_PERM", "store-unreachable"],
  ["SQLITE_AUTH", "store-unreachable"],
  ["ENOSPC", "disk-full"],
  ["EDQUOT", "disk-full"],
  ["EIO", "storage-failed"],
  ["E", "store-unreachable"],
];
