import { reading as readingSchema } from "../../../contract/reading.ts";
import type { StoredReading } from "../../sink.ts";
import { plainArray, textArray } from "./array-text.ts";
import { lanes } from "./reading-rows.ts";
import type { Session } from "./session.ts";

/** By this the sessions that write are known in `pg_stat_activity`. */
export const writerName = "carepost-ingest";

export interface FeedQuery {
  readonly afterPosition: number;
  readonly limit: number;
}

/**
 * One page of the feed. A reading is shown only when no other can come in before it any more, so that whoever goes on
 * from the last position of a page misses none. Readings of one position are never divided between two pages.
 */
export async function feedPage(
  session: Session,
  { afterPosition, limit }: FeedQuery,
): Promise<readonly StoredReading[]> {
  const horizon = await settledUntil(session);
  const entries = await entriesOf(session, { afterPosition, horizon, limit: limit + 1 });
  const next = entries[limit];
  if (next === undefined) return await readingsOf(session, entries);
  const whole = entries.filter(({ position }) => position < next.position);
  if (whole.length > 0) return await readingsOf(session, whole);
  const alike = { afterPosition: next.position - 1, horizon: next.position, limit: alikeMax };
  return await readingsOf(session, await entriesOf(session, alike));
}

/** As many writers would have to commit in the same microsecond. */
export const alikeMax = 10_000;

/** The last position that was ever given, whether it is shown yet or not; 0 if there is none. */
export async function lastPositionOf(session: Session): Promise<number> {
  const [row] = await session.query<{ position: string }>(positionSql, [Number.MAX_SAFE_INTEGER, 1, 0]);
  return Number(row?.position ?? 0);
}

/** The position after which the latest `last` readings come; 0 if there are no more. */
export async function positionBefore(session: Session, last: number): Promise<number> {
  const horizon = await settledUntil(session);
  const [row] = await session.query<{ position: string }>(positionSql, [horizon, last + 1, last]);
  return Number(row?.position ?? 0);
}

/**
 * Up to which position all there will ever be is there. A writer makes its positions of a clock that it reads after its
 * transaction began, so what comes now lies after this moment, or after the beginning of a transaction that is still
 * under way. The clock is read first: what begins in between lies after it.
 */
export async function settledUntil(session: Session): Promise<number> {
  const [[clock], [oldest]] = await Promise.all([
    session.query<{ at: string }>("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS at"),
    session.query<{ at: string | null }>(
      `SELECT (extract(epoch FROM min(xact_start)) * 1000000)::bigint AS at FROM pg_stat_activity
       WHERE application_name = $1 AND datname = current_database() AND pid <> pg_backend_pid()`,
      [writerName],
    ),
  ]);
  const now = Number(clock?.at ?? 0);
  return Math.min(now, Number(oldest?.at ?? now)) - 1;
}

interface Entry {
  readonly id: string;
  readonly measuredAt: string;
  readonly position: number;
}

interface Span extends FeedQuery {
  readonly horizon: number;
}

async function entriesOf(session: Session, { afterPosition, horizon, limit }: Span): Promise<readonly Entry[]> {
  const rows = await session.query<{ id: string; measured_at: string; position: string }>(entriesSql, [
    afterPosition,
    horizon,
    limit,
  ]);
  return rows.map(({ id, measured_at: measuredAt, position }) => ({ id, measuredAt, position: Number(position) }));
}

/** One short walk of the index a lane, in a form that every engine of the family can plan. */
export const eachLane = (select: (lane: number) => string): string =>
  Array.from({ length: lanes }, (_, lane) => `(${select(lane)})`).join(" UNION ALL ");

const entriesSql = `SELECT id, measured_at::text AS measured_at, position FROM (${eachLane(
  (lane) => `SELECT id, measured_at, position FROM carepost.register
    WHERE lane = ${lane} AND position > $1::bigint AND position <= $2::bigint ORDER BY position LIMIT $3::bigint`,
)}) AS e ORDER BY position, id LIMIT $3::bigint`;

const positionSql = `SELECT position FROM (${eachLane(
  (lane) => `SELECT position FROM carepost.register
    WHERE lane = ${lane} AND position <= $1::bigint ORDER BY position DESC LIMIT $2::bigint`,
)}) AS e ORDER BY position DESC LIMIT 1 OFFSET $3::bigint`;

/**
 * The readings of these entries. One that was revised in between comes later, at its new position, and one whose
 * partition was dropped comes no more.
 */
async function readingsOf(session: Session, entries: readonly Entry[]): Promise<readonly StoredReading[]> {
  if (entries.length === 0) return [];
  const rows = await session.query<{ id: string; gateway: string; body: string; committed: string }>(bodiesSql, [
    plainArray(entries.map(({ id }) => id)),
    textArray([...new Set(entries.map(({ measuredAt }) => measuredAt))]),
  ]);
  const found = new Map(rows.map((row) => [row.id, row]));
  return entries.flatMap(({ id, position }) => {
    const row = found.get(id);
    if (row === undefined) return [];
    const reading = readingSchema.parse(JSON.parse(row.body));
    return { position, gateway: row.gateway, reading, committedAt: Number(row.committed) };
  });
}

const bodiesSql = `SELECT id, gateway, body::text AS body, (extract(epoch FROM committed_at) * 1000)::bigint AS committed
  FROM carepost.readings WHERE id = ANY($1::uuid[]) AND measured_at = ANY($2::timestamptz[])`;
