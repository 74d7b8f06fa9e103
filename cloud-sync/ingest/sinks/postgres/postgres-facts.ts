import type { Clock } from "../../../../device-drivers/ports/clock.ts";
import { openPrimary, serverStates, type ServerState } from "./choose-server.ts";
import { inTime } from "./in-time.ts";
import { expectSchema } from "./migrate.ts";
import { missingMonths } from "./partitions.ts";
import { postgresErrors } from "./postgres-error.ts";
import type { PostgresAccess, Session, SessionOptions } from "./session.ts";

/** What `carepost ingest check` wants to know of the database. Nothing is changed by asking. */
export interface PostgresFacts {
  readonly servers: readonly ServerState[];
  /** Null if none takes writes. */
  readonly primary: PrimaryFacts | null;
}

export interface PrimaryFacts {
  /** "PostgreSQL 15.18 (Debian …)". */
  readonly version: string;
  /** Is the connection encrypted? Null where the engine does not tell. */
  readonly encrypted: boolean | null;
  /** The server's clock less this machine's. */
  readonly clockAheadMs: number;
  /** Settings by their names; those that the engine does not know are left out. */
  readonly settings: ReadonlyMap<string, string>;
  /** Null before the first start of an ingestor. */
  readonly schema: SchemaFacts | null;
}

export interface SchemaFacts {
  readonly missingPartitions: number;
  /** Readings whose month has no partition. Counted to `straysMax`. */
  readonly strays: number;
  readonly deadLetters: number;
}

export const straysMax = 100_000;

/** Rejects with `postgresErrors` if the primary fails while it is asked. */
export async function postgresFacts(access: PostgresAccess, clock: Clock): Promise<PostgresFacts> {
  const options: SessionOptions = { ...access, clock, applicationName: "carepost-check", connectTimeoutMs: 5_000 };
  const servers = await serverStates(options);
  if (!servers.some(takesWrites)) return { servers, primary: null };
  const session = await openPrimary(options);
  try {
    return { servers, primary: await inTime(session, primaryFacts(session, clock), { clock, timeoutMs: 30_000 }) };
  } finally {
    session.destroy();
  }
}

export const takesWrites = ({ fault, isStandby, isReadOnly }: ServerState): boolean =>
  fault === null && !isStandby && !isReadOnly;

async function primaryFacts(session: Session, clock: Clock): Promise<PrimaryFacts> {
  const [server] = await session.query<{ version: string; now: string }>(
    "SELECT version() AS version, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now",
  );
  const clockAheadMs = Number(server?.now ?? 0) - clock.now();
  const settings = await session.query<{ name: string; setting: string }>(
    "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_standby_names')",
  );
  return {
    version: server?.version ?? "",
    encrypted: await encryptionOf(session),
    clockAheadMs,
    settings: new Map(settings.map(({ name, setting }) => [name, setting])),
    schema: await schemaFacts(session),
  };
}

async function encryptionOf(session: Session): Promise<boolean | null> {
  try {
    const [row] = await session.query<{ ssl: boolean }>("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    return row?.ssl ?? null;
  } catch (error) {
    if (!session.isAlive) throw error;
    return null;
  }
}

async function schemaFacts(session: Session): Promise<SchemaFacts | null> {
  try {
    await expectSchema(session);
  } catch (error) {
    if (postgresErrors.is(error, "postgres-schema-absent")) return null;
    throw error;
  }
  const missingPartitions = (await missingMonths(session)).length;
  const [partitioned] = await session.query<{ there: boolean }>(
    "SELECT to_regclass('carepost.readings_other') IS NOT NULL AS there",
  );
  const strays = partitioned?.there === true ? await countOf(session, "carepost.readings_other") : 0;
  return { missingPartitions, strays, deadLetters: await countOf(session, "carepost.dead_letters") };
}

async function countOf(session: Session, table: string): Promise<number> {
  const [row] = await session.query<{ rows: string }>(
    `SELECT count(*) AS rows FROM (SELECT 1 FROM ${table} LIMIT ${straysMax}) AS counted`,
  );
  return Number(row?.rows ?? 0);
}
