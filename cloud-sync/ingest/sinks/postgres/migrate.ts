import { beginAlone } from "./schema-lock.ts";
import { makePartition, missingMonths } from "./partitions.ts";
import { postgresErrors } from "./postgres-error.ts";
import { firstSchemaVersion, schemaStatements, schemaUpgrades, schemaVersion } from "./schema.ts";
import type { Session } from "./session.ts";

/**
 * Makes the schema if it is not there, and brings an older one to this version, once, also where several ingestors start
 * together. Afterwards no rights to change the schema are needed to start. Rejects with `postgres-schema-newer`, `postgres-forbidden` and the like.
 */
export async function migrate(session: Session): Promise<void> {
  if ((await installedVersion(session)) === schemaVersion) return;
  await beginAlone(session);
  const installed = await installedVersion(session);
  if (installed === null) await install(session);
  await upgrade(session, installed ?? firstSchemaVersion);
  await session.commit();
}

/** Rejects with `postgres-schema-absent` or `postgres-schema-newer` unless it is the schema of this program. */
export async function expectSchema(session: Session): Promise<void> {
  if ((await installedVersion(session)) === null) {
    throw postgresErrors.make("postgres-schema-absent", "this database has no schema carepost");
  }
}

/** Null: none. Rejects with `postgres-schema-newer`. */
async function installedVersion(session: Session): Promise<number | null> {
  const [found] = await session.query<{ there: boolean }>(
    `SELECT count(*) > 0 AS there FROM information_schema.tables
     WHERE table_schema = 'carepost' AND table_name = 'schema_versions'`,
  );
  if (found?.there !== true) return null;
  const [row] = await session.query<{ version: number | null }>(
    "SELECT max(version) AS version FROM carepost.schema_versions",
  );
  const version = row?.version ?? null;
  if (version === null || version <= schemaVersion) return version;
  throw postgresErrors.make(
    "postgres-schema-newer",
    `the schema has version ${version}, this program ${schemaVersion}`,
  );
}

async function upgrade(session: Session, from: number): Promise<void> {
  for (const [index, statements] of schemaUpgrades.entries()) {
    const version = firstSchemaVersion + index + 1;
    if (version <= from) continue;
    for (const statement of statements) await session.query(statement);
    await session.query("INSERT INTO carepost.schema_versions (version) VALUES ($1::integer)", [version]);
  }
}

async function install(session: Session): Promise<void> {
  const [server] = await session.query<{ version: string }>("SELECT version() AS version");
  const partitioned = !(server?.version ?? "").startsWith("CockroachDB");
  const [schema] = await session.query<{ there: boolean }>(
    "SELECT count(*) > 0 AS there FROM information_schema.schemata WHERE schema_name = 'carepost'",
  );
  if (schema?.there !== true) await session.query("CREATE SCHEMA carepost");
  for (const statement of schemaStatements({ partitioned })) await session.query(statement);
  if (partitioned) for (const month of await missingMonths(session)) await makePartition(session, month);
}
