import { type ReadingRecord, recordOf } from "../../reading-text.ts";
import type { CommitOutcome, Delivery } from "../../sink.ts";

/** A reading as the tables have it. `undated` stands in for a time that nobody knows, or that no calendar has. */
export interface ReadingRow {
  readonly id: string;
  readonly revision: number;
  readonly measuredAt: string;
  readonly gateway: string;
  readonly person: string | null;
  readonly device: string;
  readonly kind: string;
  readonly body: string;
  /** Its place among the deliveries. */
  readonly ordinal: number;
}

/** A key of partitions is never null, and every other time comes after this one. */
export const undated = "-infinity";

/** Readings are spread over so many lanes by their ids: no index has one end at which all writers meet. */
export const lanes = 16;

/** Ids are hashes, so any digit would do; the last also differs between ids that only count. */
export const laneOf = (id: string): number => Number.parseInt(id.slice(-1), 16) % lanes;

export interface ChosenRows {
  /** In the order of their ids, so that two transactions never wait for each other crosswise. */
  readonly rows: readonly ReadingRow[];
  /** The outcome of each delivery, once it is known which ids were stored: the others are duplicates. */
  outcomes(stored: ReadonlySet<string>): readonly CommitOutcome[];
}

/** Of each id the delivery of the highest revision: the others would be duplicates as soon as it is stored. */
export function chooseRows(deliveries: readonly Delivery[]): ChosenRows {
  const chosen = new Map<string, ReadingRow>();
  const ids = deliveries.map((delivery, ordinal) => {
    const record = recordOf(delivery);
    const other = chosen.get(record.id);
    if (other === undefined || record.revision > other.revision) {
      chosen.set(record.id, rowOf(delivery.gateway, record, ordinal));
    }
    return record.id;
  });
  return {
    rows: [...chosen.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    outcomes: (stored) =>
      ids.map((id, ordinal) => (chosen.get(id)?.ordinal === ordinal && stored.has(id) ? "stored" : "duplicate")),
  };
}

const rowOf = (gateway: string, record: ReadingRecord, ordinal: number): ReadingRow => ({
  id: record.id,
  revision: record.revision,
  measuredAt: measuredAt(record.measured),
  gateway,
  person: record.person === null ? null : storable(record.person),
  device: storable(record.device),
  kind: record.kind,
  body: record.text,
  ordinal,
});

/** PostgreSQL knows no year 0; the reading itself keeps what the gateway said. */
function measuredAt(measured: string | null): string {
  if (measured !== null && plainInstant.test(measured)) return measured;
  const at = measured === null ? Number.NaN : Date.parse(measured);
  return at >= firstInstant ? new Date(at).toISOString() : undated;
}

/** What the database reads as this program does: to the millisecond, and with a zone that there is. */
const plainInstant = /^[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-](?:0\d|1[0-4]):\d\d)$/;

const firstInstant = Date.parse("0001-01-01T00:00:00Z");

/**
 * A text of the database can hold neither U+0000 nor half a character, and nobody searches for the other controls.
 * Columns are for searching; the body is exact.
 */
const storable = (text: string): string =>
  /^[\x20-\x7E]*$/.test(text) ? text : text.replaceAll(/\p{Cc}/gu, "\uFFFD").toWellFormed();
