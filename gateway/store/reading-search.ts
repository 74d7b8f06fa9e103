import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";
import type { RemovalSteps } from "./removal-steps.ts";
import type { FoundRow, SearchRequest, StoreAnswer } from "./store-request.ts";
import type { StoredReading } from "./store.ts";

type State = StoredReading["state"];
/** The states that have a table of their own beside the outbox. */
type Apart = Exclude<State, "waiting" | "delivered">;
type Candidates = Statement<[beforeSeq: number, limit: number], number>;

const apartStates = ["held", "undated", "dead-letter", "discarded"] as const satisfies readonly Apart[];

/** How many readings one step of a search looks at: a commit waits for no more than these. */
const candidatesMax = 1_000;

/**
 * Finds readings newest first, a step at a time, so that a search through millions holds up no commit. A state is
 * looked for where it stands; person and device are filters, because an index on them would cost each reading more
 * than the rare search is worth.
 */
export class ReadingSearch {
  readonly #steps: RemovalSteps;
  readonly #inReadings: Candidates;
  readonly #inLane: Statement<[lane: number, beforeSeq: number, limit: number], number>;
  readonly #apart: Readonly<Record<Apart, Candidates>>;
  readonly #isWaiting: Statement<[seq: number], number>;
  readonly #isApart: Readonly<Record<Apart, Statement<[seq: number], number>>>;
  readonly #row: Statement<[seq: number], { person: string | null; deviceId: string }>;
  readonly #body: Statement<[seq: number], string>;

  constructor(sql: Sqlite, steps: RemovalSteps) {
    this.#steps = steps;
    const before = (table: string): Candidates =>
      sql.prepare<[number, number], number>(`SELECT seq FROM ${table} WHERE seq < ? ORDER BY seq DESC LIMIT ?`).pluck();
    const has = (table: string): Statement<[number], number> =>
      sql.prepare<[number], number>(`SELECT 1 FROM ${table} WHERE seq = ?`).pluck();
    this.#inReadings = before("readings");
    this.#apart = {
      held: before("held"),
      undated: before("undated"),
      "dead-letter": before("deadLetters"),
      discarded: before("discarded"),
    };
    this.#isApart = {
      held: has("held"),
      undated: has("undated"),
      "dead-letter": has("deadLetters"),
      discarded: has("discarded"),
    };
    this.#isWaiting = sql.prepare<[number], number>("SELECT 1 FROM outbox WHERE lane IN (0, 1, 2) AND seq = ?").pluck();
    this.#inLane = sql
      .prepare<[number, number, number], number>(
        "SELECT seq FROM outbox WHERE lane = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
      )
      .pluck();
    this.#row = sql.prepare("SELECT person, deviceId FROM readings WHERE seq = ?");
    this.#body = sql.prepare<[number], string>("SELECT CAST(body AS TEXT) FROM readings WHERE seq = ?").pluck();
  }

  step(request: SearchRequest): Extract<StoreAnswer, { type: "search" }> {
    const candidates = this.#candidates(request);
    const found: FoundRow[] = [];
    for (const seq of candidates) {
      if (found.length === request.limit) return { type: "search", found, nextBeforeSeq: found.at(-1)?.seq ?? null };
      const match = this.#match(seq, request);
      if (match !== null) found.push(match);
    }
    const last = candidates.at(-1);
    const nextBeforeSeq = candidates.length < candidatesMax || last === undefined ? null : last;
    return { type: "search", found, nextBeforeSeq };
  }

  #candidates({ state, beforeSeq }: SearchRequest): readonly number[] {
    if (state === null || state === "delivered") return this.#inReadings.all(beforeSeq, candidatesMax);
    if (state !== "waiting") return this.#apart[state].all(beforeSeq, candidatesMax);
    const merged = [0, 1, 2].flatMap((lane) => this.#inLane.all(lane, beforeSeq, candidatesMax));
    return merged.toSorted((one, other) => other - one).slice(0, candidatesMax);
  }

  #match(seq: number, { person, deviceId, state }: SearchRequest): FoundRow | null {
    const row = this.#row.get(seq);
    if (row === undefined) return null;
    if ((person !== null && row.person !== person) || (deviceId !== null && row.deviceId !== deviceId)) return null;
    const actual = this.#stateOf(seq);
    if (actual !== "delivered" && this.#steps.isLeaving(seq, row.person)) return null;
    const body = state === null || state === actual ? this.#body.get(seq) : undefined;
    return body === undefined ? null : { seq, state: actual, body };
  }

  #stateOf(seq: number): State {
    if (this.#isWaiting.get(seq) !== undefined) return "waiting";
    return apartStates.find((state) => this.#isApart[state].get(seq) !== undefined) ?? "delivered";
  }
}
