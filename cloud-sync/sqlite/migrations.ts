import type { Sqlite } from "./connection.ts";
import { sqliteErrors } from "./sqlite-error.ts";

export interface Schema {
  /** Marks the file as this program's (SQLite's `application_id`), so that no other database is taken for it. */
  readonly applicationId: number;
  /** One SQL script for each version, the first makes version 1. A script that was published never changes. */
  readonly migrations: readonly string[];
}

/**
 * Brings the schema to the newest version, one transaction for each step, so that a crash leaves a whole version.
 * Throws `store-schema-newer` or `store-foreign` before anything is written.
 */
export function migrate(sql: Sqlite, schema: Schema): void {
  const version = versionOf(sql, schema);
  for (const [index, script] of schema.migrations.entries()) {
    if (index < version) continue;
    const step = sql.transaction(() => {
      sql.exec(script);
      sql.pragma(`application_id = ${schema.applicationId}`);
      sql.pragma(`user_version = ${index + 1}`);
    });
    step.exclusive();
  }
}

/** The version of the schema in the file; 0 for a new one. */
export function versionOf(sql: Sqlite, schema: Schema): number {
  const version = Number(sql.pragma("user_version", { simple: true }));
  const owner = Number(sql.pragma("application_id", { simple: true }));
  const tables = Number(sql.prepare("SELECT count(*) FROM sqlite_schema").pluck().get());
  if (owner !== schema.applicationId && (tables > 0 || owner !== 0)) {
    throw sqliteErrors.make("store-foreign", "the database belongs to another program", { context: { owner } });
  }
  if (version > schema.migrations.length) {
    const known = schema.migrations.length;
    throw sqliteErrors.make("store-schema-newer", `schema version ${version} is newer than ${known}`, {
      context: { version, known },
    });
  }
  return version;
}
