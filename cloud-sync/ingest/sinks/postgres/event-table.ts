import { answersOf } from "./answers-of.ts";
import { careChangeOf } from "../../care-change.ts";
import type { CommitOutcome, EventDelivery, StoredEvent } from "../../sink.ts";
import { plainArray, textArray } from "./array-text.ts";
import { again, settingsSql, transactionTimeoutsMs } from "./commit-readings.ts";
import { touchSql } from "./dead-letter-table.ts";
import { alikeMax, eachLane, type FeedQuery, settledUntil } from "./reading-feed.ts";
import { laneOf } from "./reading-rows.ts";
import { applyChange } from "./roster-tables.ts";
import type { Session } from "./session.ts";

/**
 * Stores in one transaction the events that are new. Positions are made as those of readings are: of the server's
 * clock, in lanes, with no sequence that all writers would share.
 */
export async function commitEvents(
  session: Session,
  events: readonly EventDelivery[],
  positionFloor: number,
): Promise<{ readonly outcomes: readonly CommitOutcome[]; readonly lastPosition: number }> {
  if (events.length === 0) return { outcomes: [], lastPosition: 0 };
  const chosen = chooseEvents(events);
  await session.prepare([settingsSql, insertSql]);
  const stored = await again(session, () => commitOnce(session, chosen, positionFloor));
  const outcomes = events.map((event): CommitOutcome => {
    const isFirst = chosen.get(keyOf(event)) === event;
    return isFirst && stored.has(keyOf(event)) ? "stored" : "duplicate";
  });
  return { outcomes, lastPosition: Math.max(0, ...stored.values()) };
}

/** One page of the feed of events, by the rules of `feedPage`. */
export async function eventPage(
  session: Session,
  { afterPosition, limit }: FeedQuery,
): Promise<readonly StoredEvent[]> {
  const horizon = await settledUntil(session);
  const events = await eventsBetween(session, [afterPosition, horizon, limit + 1]);
  const next = events[limit];
  if (next === undefined) return events;
  const whole = events.filter(({ position }) => position < next.position);
  return whole.length > 0 ? whole : await eventsBetween(session, [next.position - 1, next.position, alikeMax]);
}

/** The last position that was ever given to an event; 0 if there is none. */
export async function lastEventPosition(session: Session): Promise<number> {
  const [row] = await session.query<{ position: string | null }>(lastSql);
  return Number(row?.position ?? 0);
}

type ChosenEvents = ReadonlyMap<string, EventDelivery>;

const keyOf = ({ gateway, id }: Pick<EventDelivery, "gateway" | "id">): string => `${gateway} ${id}`;

/** Each once, the first that came, in an order that all writers share, so that no two wait for each other crosswise. */
function chooseEvents(events: readonly EventDelivery[]): ChosenEvents {
  const chosen = new Map<string, EventDelivery>();
  for (const event of events) if (!chosen.has(keyOf(event))) chosen.set(keyOf(event), event);
  return chosen;
}

/** Returns the positions of those that were new. */
async function commitOnce(session: Session, chosen: ChosenEvents, floor: number): Promise<ReadonlyMap<string, number>> {
  const order = new Map([...chosen.keys()].map((key, ordinal) => [key, ordinal]));
  const rows = [...chosen.values()].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const [, , inserted] = await answersOf([
    session.query("BEGIN ISOLATION LEVEL READ COMMITTED"),
    session.query(settingsSql, transactionTimeoutsMs),
    session.query<{ gateway: string; id: string; position: string }>(insertSql, [
      textArray(rows.map(({ gateway }) => gateway)),
      plainArray(rows.map(({ id }) => id)),
      plainArray(rows.map(({ id }) => laneOf(id))),
      plainArray(rows.map((row) => order.get(keyOf(row)) ?? 0)),
      textArray(rows.map(({ type }) => type)),
      plainArray(rows.map(({ at }) => at)),
      textArray(rows.map(({ body }) => body)),
      floor,
    ]),
  ]);
  const stored = new Map(inserted.map((row) => [keyOf(row), Number(row.position)]));
  for (const [key, event] of chosen) {
    const change = stored.has(key) ? careChangeOf(event) : null;
    if (change !== null) await applyChange(session, change);
  }
  // As with readings, a commit that writes nothing would wait for nobody.
  if (inserted.length < rows.length) await session.query(touchSql);
  await session.commit();
  return stored;
}

const insertSql = `WITH clock AS MATERIALIZED (
    SELECT greatest((extract(epoch FROM clock_timestamp()) * 1000000)::bigint, $8::bigint) AS base
  )
  INSERT INTO carepost.events (gateway, id, lane, position, type, happened_at, body, committed_at)
  SELECT u.gateway, u.id, u.lane, clock.base + u.ordinal, u.type, u.happened_at, u.body, now()
  FROM unnest($1::text[], $2::uuid[], $3::smallint[], $4::integer[], $5::text[], $6::bigint[], $7::text[])
    AS u(gateway, id, lane, ordinal, type, happened_at, body), clock
  ON CONFLICT (gateway, id) DO NOTHING RETURNING gateway, id, position`;

const lastSql = `SELECT max(position) AS position FROM (${eachLane(
  (lane) => `SELECT position FROM carepost.events WHERE lane = ${lane} ORDER BY position DESC LIMIT 1`,
)}) AS e`;

interface EventRow {
  readonly position: string;
  readonly gateway: string;
  readonly id: string;
  readonly type: string;
  readonly at: string;
  readonly body: string;
  readonly committed: string;
}

/** @param span after this position, up to that one, so many */
async function eventsBetween(
  session: Session,
  span: readonly [after: number, through: number, limit: number],
): Promise<readonly StoredEvent[]> {
  const rows = await session.query<EventRow>(pageSql, span);
  return rows.map(({ position, gateway, id, type, at, body, committed }) => ({
    position: Number(position),
    gateway,
    id,
    type,
    at: Number(at),
    body,
    committedAt: Number(committed),
  }));
}

const pageSql = `SELECT position, gateway, id, type, happened_at AS at, body,
    (extract(epoch FROM committed_at) * 1000)::bigint AS committed
  FROM (${eachLane(
    (lane) => `SELECT * FROM carepost.events
    WHERE lane = ${lane} AND position > $1::bigint AND position <= $2::bigint ORDER BY position LIMIT $3::bigint`,
  )}) AS e ORDER BY position, gateway, id LIMIT $3::bigint`;
