import type { Sqlite } from "../../cloud-sync/sqlite/connection.ts";
import { faultOf } from "../../cloud-sync/sqlite/sqlite-error.ts";

interface ReadableRows {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** False if some could not be read. */
  readonly isWhole: boolean;
}

/** The rows up to where the table is damaged, if it is. One that an earlier version does not have is empty. */
export function readableRows(old: Sqlite, table: string): ReadableRows {
  const rows: Record<string, unknown>[] = [];
  const done = attempt(() => {
    const isThere = old.prepare<[string], number>("SELECT 1 FROM sqlite_schema WHERE name = ?").get(table);
    if (isThere === undefined) return true;
    for (const row of old.prepare<[], Record<string, unknown>>(`SELECT * FROM ${table}`).iterate()) rows.push(row);
    return true;
  });
  return { rows, isWhole: done === true };
}

/** Null where the file is damaged in this place, or is not there any more. */
export function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    const { code } = faultOf(error);
    if (code === "store-damaged" || code === "store-request-failed" || code === "store-unreachable") return null;
    throw error;
  }
}
