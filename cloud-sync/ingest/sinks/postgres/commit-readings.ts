import { answersOf } from "./answers-of.ts";
import { lines, plainArray, printableArray, textArray } from "./array-text.ts";
import { isConflict } from "./fault-of.ts";
import { laneOf, type ReadingRow } from "./reading-rows.ts";
import type { Session } from "./session.ts";

export interface CommitContext {
  /** Which of the shared totals to count in. */
  readonly shard: number;
  /** No reading of this commit has a position below it. */
  readonly positionFloor: number;
}

export interface Committed {
  readonly stored: ReadonlySet<string>;
  readonly lastPosition: number;
}

/**
 * Stores in one transaction the rows that are new or of a later revision. `rows` has each id once, in order. Tries
 * again after a conflict with another writer; any other failure leaves the transaction to be rolled back.
 */
export async function commitReadings(
  session: Session,
  rows: readonly ReadingRow[],
  context: CommitContext,
): Promise<Committed> {
  await session.prepare([settingsSql, registerSql, reviseSql, removeSql, insertSql, countSql]);
  return await again(session, () => commitOnce(session, rows, context));
}

/** Tries a transaction again after a conflict with another writer. */
export async function again<T>(session: Session, transaction: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction();
    } catch (error) {
      if (!isConflict(error) || attempt === attemptsMax) throw error;
      await session.query("ROLLBACK");
    }
  }
}

const attemptsMax = 5;

/** Two journeys to the server: begin and register, then store and commit; two more where something is revised. */
async function commitOnce(session: Session, rows: readonly ReadingRow[], context: CommitContext): Promise<Committed> {
  const [, [now], added] = await answersOf([
    session.query("BEGIN ISOLATION LEVEL READ COMMITTED"),
    session.query<{ clock: string }>(settingsSql, transactionTimeoutsMs),
    register(session, rows, context.positionFloor),
  ]);
  const stored = new Set(added.map(({ id }) => id));
  const base = Math.max(Number(now?.clock ?? 0), context.positionFloor);
  const known = rows.filter(({ id, revision }) => revision > 1 && !stored.has(id));
  for (const id of await revise(session, known, base)) stored.add(id);
  const fresh = rows.filter(({ id }) => stored.has(id));
  await answersOf([
    insert(session, fresh),
    session.query(countSql, [context.shard, added.length]),
    // If one of the others failed, the server answers this with a rollback.
    session.commit(),
  ]);
  const positions = added.map(({ position }) => Number(position));
  return { stored, lastPosition: Math.max(base, ...positions) + rows.length };
}

/**
 * Durable means durable, whatever the database's default is. The time-outs are for locks and for an ingestor that is
 * frozen in a transaction; COMMIT is subject to none of them.
 */
export const settingsSql = `SELECT set_config('synchronous_commit', 'on', true), set_config('statement_timeout', $1::text, true),
  set_config('lock_timeout', $2::text, true), set_config('idle_in_transaction_session_timeout', $3::text, true),
  (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS clock`;

/**
 * Of a statement, of a lock, and of a transaction in which nothing happens. The last is the shortest, so that whoever
 * waits for the locks of an ingestor that is frozen outlasts it, instead of failing again and again.
 */
export const transactionTimeoutsMs: readonly number[] = [20_000, 10_000, 5_000];

/** Returns those that were new. Of two writers with one id the second waits here for the first. */
async function register(
  session: Session,
  rows: readonly ReadingRow[],
  positionFloor: number,
): Promise<readonly { readonly id: string; readonly position: string }[]> {
  return await session.query<{ id: string; position: string }>(registerSql, [
    plainArray(rows.map(({ id }) => id)),
    plainArray(rows.map(({ revision }) => revision)),
    plainArray(rows.map(({ measuredAt }) => measuredAt)),
    plainArray(rows.map(({ id }) => laneOf(id))),
    plainArray(rows.map(({ ordinal }) => ordinal)),
    positionFloor,
  ]);
}

/**
 * Positions are made of the server's clock in microseconds since 1970: the order of commits over all ingestors without
 * a sequence that all would share. It is read after the transaction has begun, which is what a feed relies on to know
 * how far nobody can still come in between (`reading-feed.ts`).
 */
const registerSql = `WITH clock AS MATERIALIZED (
    SELECT greatest((extract(epoch FROM clock_timestamp()) * 1000000)::bigint, $6::bigint) AS base
  )
  INSERT INTO carepost.register (id, revision, measured_at, lane, position)
  SELECT u.id, u.revision, u.measured_at, u.lane, clock.base + u.ordinal
  FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::smallint[], $5::integer[])
    AS u(id, revision, measured_at, lane, ordinal), clock
  ON CONFLICT (id) DO NOTHING RETURNING id, position`;

/** Makes room for rows of a later revision. Returns the ids of those that are, with their former rows removed. */
async function revise(session: Session, rows: readonly ReadingRow[], base: number): Promise<readonly string[]> {
  if (rows.length === 0) return [];
  const revised = await session.query<{ id: string; former: string }>(reviseSql, [
    plainArray(rows.map(({ id }) => id)),
    plainArray(rows.map(({ revision }) => revision)),
    plainArray(rows.map(({ measuredAt }) => measuredAt)),
    plainArray(rows.map(({ ordinal }) => base + ordinal)),
  ]);
  if (revised.length === 0) return [];
  // An id has one row only, so it makes no difference which of these times is its own.
  await session.query(removeSql, [
    plainArray(revised.map(({ id }) => id)),
    textArray([...new Set(revised.map(({ former }) => former))]),
  ]);
  return revised.map(({ id }) => id);
}

const reviseSql = `UPDATE carepost.register AS r
  SET former_measured_at = r.measured_at, measured_at = n.measured_at, revision = n.revision, position = n.position
  FROM (SELECT * FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::bigint[])
    AS u(id, revision, measured_at, position)) AS n
  WHERE r.id = n.id AND r.revision < n.revision
  RETURNING r.id, r.former_measured_at::text AS former`;

const removeSql = "DELETE FROM carepost.readings WHERE id = ANY($1::uuid[]) AND measured_at = ANY($2::timestamptz[])";

async function insert(session: Session, rows: readonly ReadingRow[]): Promise<void> {
  if (rows.length === 0) return;
  await session.query(insertSql, [
    plainArray(rows.map(({ id }) => id)),
    plainArray(rows.map(({ measuredAt }) => measuredAt)),
    plainArray(rows.map(({ revision }) => revision)),
    textArray(rows.map(({ gateway }) => gateway)),
    printableArray(rows.map(({ person }) => person)),
    printableArray(rows.map(({ device }) => device)),
    textArray(rows.map(({ kind }) => kind)),
    lines(rows.map(({ body }) => body)),
  ]);
}

const insertSql = `INSERT INTO carepost.readings
  (id, measured_at, revision, gateway, person, device, kind, body, committed_at)
  SELECT u.id, u.measured_at, u.revision, u.gateway, u.person, u.device, u.kind, u.body::json, now()
  FROM unnest($1::uuid[], $2::timestamptz[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[],
    string_to_array($8::text, chr(10))) AS u(id, measured_at, revision, gateway, person, device, kind, body)`;

/**
 * Also where nothing is new. A commit that writes nothing waits for no disk and no standby, so a duplicate could be
 * acknowledged that was committed a moment before a crash and is on no standby yet.
 */
const countSql = "UPDATE carepost.totals SET readings = readings + $2::bigint WHERE shard = $1::smallint";
