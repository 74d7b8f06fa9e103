import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { connect, type Sqlite, type Statement } from "../../cloud-sync/sqlite/connection.ts";
import type { AuditRows } from "./audit-rows.ts";
import { takeOverAudit } from "./audit-takeover.ts";
import { attempt, readableRows } from "./readable.ts";
import type { ReadingRows } from "./reading-rows.ts";
import { idText } from "./reading-id-bytes.ts";
import type { RemovalRows } from "./removal-rows.ts";
import { isLeavingSql, type RemovalSteps } from "./removal-steps.ts";
import { rosterVersionSetting } from "./roster-rows.ts";
import type { AddRequest } from "./store-request.ts";

/** One step reads so many readings, or probes so many places of a damaged page. */
const rowsMax = 64;
const probesMax = 256;
/** A damaged page of the tree hides so many at most, but for its root: beyond that there is nothing to be found. */
const missesMax = 1_000_000;
/** With the path of the database behind it: damage may strike again before one is done with. */
const settingPrefix = "store.takeover:";
/** In this order, because what follows people refers to them. */
const registryTables = [
  "settings",
  "devices",
  "progress",
  "bonds",
  "people",
  "assignments",
  "sessions",
  "sessionDevices",
  "consents",
  "withdrawals",
  "removed",
  "events",
];

interface OldRow {
  readonly seq: number;
  readonly deviceTime: number;
  readonly id: Uint8Array;
  readonly lacksContext: number;
  readonly storedAt: number;
  readonly deviceId: string;
  readonly person: string | null;
  readonly body: string;
}

export interface TakeoverState {
  readonly path: string;
  readonly afterSeq: number;
  readonly readings: number;
  /** Places where a reading could not be read. */
  readonly unreadable: number;
  readonly missesInARow: number;
}

interface TakeoverOptions {
  readonly sql: Sqlite;
  readonly key: Uint8Array | null;
  readonly rows: ReadingRows;
  readonly removals: RemovalRows;
  readonly steps: RemovalSteps;
  readonly audit: AuditRows;
  /** Tells of the end, and of lanes that have new entries. */
  readonly onEnd: (state: TakeoverState) => void;
  readonly onAdded: (lane: number) => void;
}

/**
 * Takes over from a database that was set aside what can still be read: people and devices before anything else
 * happens, then the readings in short steps, across restarts. A reading whose state cannot be read any more is sent
 * again, which at worst makes a duplicate that the sink knows; one without a person is held.
 */
export class Takeover {
  readonly #options: TakeoverOptions;
  readonly #load: Statement<[], string>;
  readonly #save: Statement<[name: string, value: string]>;
  readonly #forget: Statement<[name: string]>;
  #old: Sqlite | null = null;

  constructor(options: TakeoverOptions) {
    this.#options = options;
    const { sql } = options;
    this.#load = sql
      .prepare<[], string>(`SELECT value FROM settings WHERE name GLOB '${settingPrefix}*' ORDER BY name LIMIT 1`)
      .pluck();
    this.#save = sql.prepare(
      "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    );
    this.#forget = sql.prepare("DELETE FROM settings WHERE name = ?");
  }

  /**
   * Within a transaction: takes over people, devices and what people decided, and remembers that readings are to follow.
   */
  begin(path: string, at: number): void {
    const absolute = resolve(path);
    const old = this.#open(absolute);
    if (old !== null) for (const table of registryTables) this.#takeTable(old, table);
    this.#options.removals.refresh();
    takeOverAudit(this.#options.audit, { old, at });
    const state: TakeoverState = { path: absolute, afterSeq: 0, readings: 0, unreadable: 0, missesInARow: 0 };
    this.#keep(state);
  }

  /**
   * One step, within a transaction; false when there is nothing left. Where it stands is in the database only, so that
   * a transaction that is undone takes it back too.
   */
  step(): boolean {
    const text = this.#load.get();
    if (text === undefined) return false;
    const state: TakeoverState = JSON.parse(text);
    const old = this.#open(state.path);
    // What cannot be opened now, for whatever reason, is tried again at the next start.
    if (this.#old === null && existsSync(state.path)) return false;
    const next = old === null ? this.#finish(state) : this.#advance(old, state);
    if (next !== null) this.#keep(next);
    return true;
  }

  close(): void {
    this.#old?.close();
    this.#old = null;
  }

  /** Null for what holds nothing that could be taken over: not even the list of its tables can be read. */
  #open(path: string): Sqlite | null {
    if (this.#old?.name !== path) this.close();
    this.#old ??= attempt(() => connect({ path, key: this.#options.key, busyTimeoutMs: 0, access: "reader" }));
    const tables = attempt(() => this.#old?.prepare<[], number>("SELECT count(*) FROM sqlite_schema").pluck().get());
    return (tables ?? 0) === 0 ? null : this.#old;
  }

  #takeTable(old: Sqlite, table: string): void {
    const { sql } = this.#options;
    const { rows, isWhole } = readableRows(old, table);
    const meet = sql.prepare("INSERT INTO people (reference, createdAt) VALUES (?, 0) ON CONFLICT DO NOTHING");
    for (const row of rows) {
      const columns = Object.keys(row);
      const values = columns.map((column) => `@${column}`).join(", ");
      if (typeof row["person"] === "string" && table !== "withdrawals") meet.run(row["person"]);
      sql.prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${values}) ON CONFLICT DO NOTHING`).run(row);
    }
    // A roster of which a part is lost must be followed anew, when it comes again.
    if (table === "assignments" && !isWhole) this.#forget.run(rosterVersionSetting);
  }

  #advance(old: Sqlite, state: TakeoverState): TakeoverState | null {
    const rows = attempt(() => this.#rowsAfter(old, state.afterSeq, rowsMax));
    if (rows === null) return this.#probe(old, state);
    for (const row of rows) this.#take(old, row);
    const last = rows.at(-1);
    if (last === undefined) return this.#finish(state);
    return { ...state, afterSeq: last.seq, readings: state.readings + rows.length };
  }

  /** Some page ahead is damaged: goes on seq by seq until the reading after it can be read again. */
  #probe(old: Sqlite, state: TakeoverState): TakeoverState | null {
    const lastSeq = attempt(() => lastSeqOf(old)) ?? Number.MAX_SAFE_INTEGER;
    let { afterSeq, readings, unreadable, missesInARow } = state;
    for (let probe = 0; probe < probesMax; probe++) {
      if (afterSeq >= lastSeq || missesInARow >= missesMax) return this.#finish({ ...state, readings, unreadable });
      const [row] = attempt(() => this.#rowsAfter(old, afterSeq, 1)) ?? [];
      if (row !== undefined) this.#take(old, row);
      missesInARow = row === undefined ? missesInARow + 1 : 0;
      unreadable += row === undefined ? 1 : 0;
      readings += row === undefined ? 0 : 1;
      afterSeq = row?.seq ?? afterSeq + 1;
    }
    return { ...state, afterSeq, readings, unreadable, missesInARow };
  }

  #rowsAfter(old: Sqlite, afterSeq: number, limit: number): readonly OldRow[] {
    return old
      .prepare<[number, number], OldRow>(
        `SELECT seq, deviceTime, id, lacksContext, storedAt, deviceId, person, CAST(body AS TEXT) AS body
         FROM readings WHERE seq > ? ORDER BY seq LIMIT ?`,
      )
      .all(afterSeq, limit);
  }

  #take(old: Sqlite, row: OldRow): void {
    const { rows, removals, steps, onAdded } = this.#options;
    const standing = attempt(() => standingOf(old, row.seq));
    const unknown = { disposition: row.person === null ? "hold" : "deliver", lane: 2 } as const;
    const { disposition, lane } = standing ?? unknown;
    const isDone = disposition === "delivered" || disposition === "discarded";
    const request: AddRequest = {
      type: "add",
      at: row.storedAt,
      id: idText(row.id),
      deviceTime: row.deviceTime,
      deviceId: row.deviceId,
      person: row.person,
      context: row.lacksContext === 1 ? "lacking" : "none",
      lane,
      disposition: isDone ? "deliver" : disposition,
      bootId: standing?.bootId ?? "",
      receivedMonotonicMs: standing?.receivedMonotonicMs ?? 0,
      body: row.body,
    };
    if (disposition !== "delivered" && isLeaving(old, row.seq)) steps.keepAway(row.id);
    else if (isDone) rows.keepDone(request, disposition);
    else if (removals.turnsAway(request)) return;
    else if (rows.add(request) === "stored" && disposition === "deliver") onAdded(lane);
  }

  #keep(state: TakeoverState): void {
    this.#save.run(settingPrefix + state.path, JSON.stringify(state));
  }

  #finish(state: TakeoverState): null {
    this.#forget.run(settingPrefix + state.path);
    this.close();
    this.#options.onEnd(state);
    return null;
  }
}

interface Standing {
  readonly disposition: AddRequest["disposition"] | "delivered" | "discarded";
  readonly lane: number;
  readonly bootId?: string;
  readonly receivedMonotonicMs?: number;
}

/** Where a reading stood in the old database. A dead letter is tried again. */
function standingOf(old: Sqlite, seq: number): Standing {
  const laneIn = (table: string): number | undefined =>
    old.prepare<[number], number>(`SELECT lane FROM ${table} WHERE seq = ?`).pluck().get(seq);
  const waiting = laneIn("outbox") ?? laneIn("deadLetters");
  if (waiting !== undefined) return { disposition: "deliver", lane: waiting };
  const held = laneIn("held");
  if (held !== undefined) return { disposition: "hold", lane: held };
  const undated = old
    .prepare<[number], { bootId: string; receivedMonotonicMs: number }>(
      "SELECT bootId, receivedMonotonicMs FROM undated WHERE seq = ?",
    )
    .get(seq);
  if (undated !== undefined) return { disposition: "undated", lane: 2, ...undated };
  // A database of an earlier version has no such table.
  const discarded = attempt(() => old.prepare<[number], number>("SELECT 1 FROM discarded WHERE seq = ?").get(seq));
  return { disposition: discarded === undefined || discarded === null ? "delivered" : "discarded", lane: 2 };
}

/** Had a withdrawal yet to come to it? A database of an earlier version has no such table. */
function isLeaving(old: Sqlite, seq: number): boolean {
  const sql = `SELECT 1 FROM readings r WHERE r.seq = ? AND ${isLeavingSql("r")}`;
  return (attempt(() => old.prepare<[number], number>(sql).get(seq)) ?? null) !== null;
}

function lastSeqOf(old: Sqlite): number | null {
  const next = attempt(() => old.prepare<[], number>("SELECT nextSeq FROM counters").pluck().get());
  if (typeof next === "number") return next - 1;
  return old.prepare<[], number>("SELECT max(seq) FROM readings").pluck().get() ?? null;
}
