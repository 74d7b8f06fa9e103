import type { Reading } from "../../cloud-sync/contract/reading.ts";
import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";
import { type Lane, lanes } from "../../cloud-sync/uplink/outbox.ts";
import type { Counters } from "./counters.ts";
import type { OutboxRows } from "./outbox-rows.ts";
import { idBytes } from "./reading-id-bytes.ts";
import { readingFrom } from "./reading-text.ts";
import type { RemovalSteps } from "./removal-steps.ts";
import type { AddRequest, DatedRow, IndexPosition, StoreAnswer, UndatedRow } from "./store-request.ts";
import type { AddOutcome } from "./store.ts";

type NewRow = [
  seq: number,
  deviceTime: number,
  id: Uint8Array,
  lacksContext: number,
  storedAt: number,
  deviceId: string,
  person: string | null,
  body: string,
];

interface ReadingParts {
  readonly counters: Counters;
  readonly steps: RemovalSteps;
  readonly outbox: OutboxRows;
}

/** Readings, and those among them that wait for a person or for a date. */
export class ReadingRows {
  readonly #counters: Counters;
  readonly #outbox: OutboxRows;
  readonly #steps: RemovalSteps;
  readonly #insert: Statement<NewRow>;
  readonly #find: Statement<[deviceTime: number, id: Uint8Array], { seq: number; lacksContext: number }>;
  readonly #body: Statement<[seq: number], string>;
  readonly #move: Statement<[seq: number, person: string | null, lacksContext: number, body: string, oldSeq: number]>;
  readonly #hold: Statement<[seq: number, id: Uint8Array, lane: number]>;
  readonly #held: Statement<[id: Uint8Array], { seq: number; lane: number }>;
  readonly #unhold: Statement<[seq: number]>;
  readonly #discard: Statement<[seq: number]>;
  readonly #completeAsItIs: Statement<[seq: number]>;
  readonly #leaveUndated: Statement<[seq: number, bootId: string, receivedMonotonicMs: number]>;
  readonly #undated: Statement<[bootId: string, limit: number], UndatedRow>;
  readonly #undatedBoots: Statement<[], string>;
  readonly #date: Statement<[seq: number]>;
  /** Does it wait for a person or for a date? */
  readonly #isApart: Statement<[seq: number, seq: number], number>;
  readonly #idOf: Statement<[seq: number], Uint8Array>;
  readonly #index: Statement<[deviceTime: number, id: Uint8Array, limit: number], IndexPosition>;

  constructor(sql: Sqlite, { counters, steps, outbox }: ReadingParts) {
    this.#counters = counters;
    this.#steps = steps;
    this.#outbox = outbox;
    this.#insert = sql.prepare(
      `INSERT INTO readings (seq, deviceTime, id, lacksContext, storedAt, deviceId, person, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, CAST(? AS BLOB)) ON CONFLICT (deviceTime, id) DO NOTHING`,
    );
    this.#find = sql.prepare("SELECT seq, lacksContext FROM readings WHERE deviceTime = ? AND id = ?");
    this.#body = sql.prepare<[number], string>("SELECT CAST(body AS TEXT) FROM readings WHERE seq = ?").pluck();
    this.#move = sql.prepare(
      "UPDATE readings SET seq = ?, person = ?, lacksContext = ?, body = CAST(? AS BLOB) WHERE seq = ?",
    );
    this.#hold = sql.prepare("INSERT INTO held (seq, id, lane) VALUES (?, ?, ?)");
    this.#held = sql.prepare("SELECT seq, lane FROM held WHERE id = ?");
    this.#unhold = sql.prepare("DELETE FROM held WHERE seq = ?");
    this.#discard = sql.prepare("INSERT INTO discarded (seq) VALUES (?)");
    this.#completeAsItIs = sql.prepare("UPDATE readings SET lacksContext = 0 WHERE seq = ?");
    this.#leaveUndated = sql.prepare("INSERT INTO undated (seq, bootId, receivedMonotonicMs) VALUES (?, ?, ?)");
    this.#undated = sql.prepare(
      `SELECT u.seq, u.receivedMonotonicMs, CAST(r.body AS TEXT) AS body
       FROM undated u JOIN readings r ON r.seq = u.seq WHERE u.bootId = ? ORDER BY u.seq LIMIT ?`,
    );
    this.#undatedBoots = sql.prepare<[], string>("SELECT DISTINCT bootId FROM undated ORDER BY bootId").pluck();
    this.#date = sql.prepare("DELETE FROM undated WHERE seq = ?");
    this.#isApart = sql
      .prepare<[number, number], number>(
        "SELECT EXISTS (SELECT 1 FROM held WHERE seq = ?) OR EXISTS (SELECT 1 FROM undated WHERE seq = ?)",
      )
      .pluck();
    this.#idOf = sql.prepare<[number], Uint8Array>("SELECT id FROM readings WHERE seq = ?").pluck();
    this.#index = sql.prepare(
      `SELECT deviceTime, id FROM readings WHERE (deviceTime, id) > (?, ?) ORDER BY deviceTime, id LIMIT ?`,
    );
  }

  /** Is it there already, with all that this one brings? A look-up, and no write. */
  isKnown({ deviceTime, id, context }: AddRequest): boolean {
    const known = this.#find.get(deviceTime, idBytes(id));
    return known !== undefined && !(known.lacksContext === 1 && context === "present");
  }

  add(request: AddRequest): AddOutcome {
    const id = idBytes(request.id);
    const seq = this.#insertNew(request, id);
    if (seq === null) return this.#amend(request, id);
    if (request.disposition === "deliver") this.#outbox.enter(request.lane, seq);
    else if (request.disposition === "hold") this.#keepHeld(seq, id, request.lane);
    else this.#keepUndated(seq, request);
    return "stored";
  }

  /** Keeps a reading that is not to be sent: for the history of another database. */
  keepDone(request: AddRequest, state: "delivered" | "discarded"): void {
    const seq = this.#insertNew(request, idBytes(request.id));
    if (seq === null || state === "delivered") return;
    this.#discard.run(seq);
    this.#counters.now.discarded += 1;
  }

  /** Null if it is not held. */
  attribute(readingId: string, person: string): Lane | null {
    const held = this.#held.get(idBytes(readingId));
    if (held === undefined || this.#steps.takes(held.seq)) return null;
    const reading = this.#readingAt(held.seq);
    const attribution = { by: "manual", reference: null } as const;
    const revised: Reading = { ...reading, revision: reading.revision + 1, person, attribution };
    this.#unhold.run(held.seq);
    this.#counters.now.held -= 1;
    this.#outbox.enter(held.lane, this.#replace(held.seq, revised));
    return laneOf(held.lane);
  }

  /** What is nobody's needs no context either: it is known from now on, whatever comes with it. False if not held. */
  discard(readingId: string): boolean {
    const held = this.#held.get(idBytes(readingId));
    if (held === undefined || this.#steps.takes(held.seq)) return false;
    this.#unhold.run(held.seq);
    this.#completeAsItIs.run(held.seq);
    this.#discard.run(held.seq);
    this.#counters.now.held -= 1;
    this.#counters.now.discarded += 1;
    return true;
  }

  undated(bootId: string, limit: number): readonly UndatedRow[] {
    return this.#undated.all(bootId, limit);
  }

  undatedBoots(): readonly string[] {
    return this.#undatedBoots.all();
  }

  /** Readings that are dated by now are left as they are. */
  date({ seq, person, lane, disposition, body }: DatedRow): void {
    if (this.#date.run(seq).changes === 0) return;
    this.#counters.now.undated -= 1;
    const newSeq = this.#counters.takeSeq();
    this.#move.run(newSeq, person, lacksContext(readingFrom(body)), body, seq);
    if (disposition === "deliver") this.#outbox.enter(lane, newSeq);
    else this.#keepHeld(newSeq, this.#idAt(newSeq), lane);
  }

  /** Looks for an id a piece of the index at a time, for the rare question that names nothing but the id. */
  exists(readingId: string, after: IndexPosition | null): Extract<StoreAnswer, { type: "exists" }> {
    const wanted = idBytes(readingId);
    const piece = this.#index.all(after?.deviceTime ?? -1, after?.id ?? new Uint8Array(), indexRowsMax);
    const isFound = piece.some(({ id }) => wanted.equals(id));
    const last = piece.at(-1);
    return { type: "exists", isFound, next: last === undefined || piece.length < indexRowsMax ? null : last };
  }

  /** Null if the reading is there. */
  #insertNew({ deviceTime, at, deviceId, person, body, context }: AddRequest, id: Uint8Array): number | null {
    const { now } = this.#counters;
    const lacks = context === "lacking" ? 1 : 0;
    if (this.#insert.run(now.nextSeq, deviceTime, id, lacks, at, deviceId, person, body).changes === 0) return null;
    now.readings += 1;
    return this.#counters.takeSeq();
  }

  /** Completes a reading by the context that came later; what was known of its time and its person stays. */
  #amend(request: AddRequest, id: Uint8Array): AddOutcome {
    const known = this.#find.get(request.deviceTime, id);
    if (known?.lacksContext !== 1 || request.context !== "present" || this.#steps.takes(known.seq)) return "known";
    const [stored, incoming] = [this.#readingAt(known.seq), readingFrom(request.body)];
    if (stored.kind === "blood-pressure" || incoming.kind === "blood-pressure") return "known";
    const { context, frames } = incoming;
    const seq = this.#replace(known.seq, { ...stored, revision: stored.revision + 1, context, frames });
    if (this.#isApart.get(seq, seq) === 0) this.#outbox.reenter(known.seq, seq, request.lane);
    return "amended";
  }

  /** Under a new seq, so that nothing that was sent of the old revision can settle this one. Returns it. */
  #replace(seq: number, reading: Reading): number {
    const newSeq = this.#counters.takeSeq();
    this.#move.run(newSeq, reading.person, lacksContext(reading), JSON.stringify(reading), seq);
    return newSeq;
  }

  #keepHeld(seq: number, id: Uint8Array, lane: number): void {
    this.#hold.run(seq, id, lane);
    this.#counters.now.held += 1;
  }

  #keepUndated(seq: number, { bootId, receivedMonotonicMs }: AddRequest): void {
    this.#leaveUndated.run(seq, bootId, receivedMonotonicMs);
    this.#counters.now.undated += 1;
  }

  #readingAt(seq: number): Reading {
    const body = this.#body.get(seq);
    if (body === undefined) throw new Error(`there is no reading at ${seq}`);
    return readingFrom(body);
  }

  #idAt(seq: number): Uint8Array {
    const id = this.#idOf.get(seq);
    if (id === undefined) throw new Error(`there is no reading at ${seq}`);
    return id;
  }
}

const indexRowsMax = 20_000;

export function laneOf(index: number): Lane {
  return lanes[index] ?? "backfill";
}

function lacksContext(reading: Reading): number {
  return reading.kind !== "blood-pressure" && reading.context === null ? 1 : 0;
}
