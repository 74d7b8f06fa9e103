import { connect, makeDurable, type Sqlite } from "./connection.ts";
import { databaseLimits } from "./database-limits.ts";
import { migrate, type Schema } from "./migrations.ts";
import { errorOf, faultOf, sqliteErrors } from "./sqlite-error.ts";

/**
 * Opens a small database that several processes write now and then, each in short transactions of its own: SQLite's
 * locks keep them apart, and whoever comes second waits up to `busyTimeoutMs`. For a store with one writer, which is
 * guarded and mended, there is `openDatabase`. Throws `store-unreachable`, `store-foreign`, `store-schema-newer`,
 * `store-damaged` or `store-locked`.
 */
export function openShared(path: string, schema: Schema, busyTimeoutMs: number): Sqlite {
  const sql = coded(() => connect({ path, key: null, busyTimeoutMs, access: "writer" }));
  try {
    coded(() => {
      makeDurable(sql, databaseLimits);
      migrate(sql, schema);
    });
    return sql;
  } catch (error) {
    sql.close();
    throw error;
  }
}

function coded<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (sqliteErrors.is(error)) throw error;
    throw errorOf(faultOf(error));
  }
}
