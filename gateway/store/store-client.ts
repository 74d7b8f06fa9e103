import { createHash } from "node:crypto";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Roster } from "../../cloud-sync/contract/roster.ts";
import type { CommitThread } from "../../cloud-sync/sqlite/commit-thread.ts";
import { sqliteErrors } from "../../cloud-sync/sqlite/sqlite-error.ts";
import {
  type Backlog,
  type Lane,
  lanes,
  type OutboxPage,
  type PageRequest,
  type Settlement,
} from "../../cloud-sync/uplink/outbox.ts";
import { auditEntryOf } from "./audit-chain.ts";
import { readingFrom } from "./reading-text.ts";
import { addRequest, datedRow } from "./store-entry.ts";
import type { FoundRow, IndexPosition, StoreAnswer, StoreRequest, UnfinishedRemoval } from "./store-request.ts";
import type * as port from "./store.ts";

/** How many undated readings are dated in one transaction. */
const datedRowsMax = 256;

/** The store as the event loop sees it: every call becomes a request to the commit thread. */
export class StoreClient implements port.Store {
  readonly #thread: CommitThread<StoreRequest, StoreAnswer>;
  readonly #clock: Clock;
  readonly #listeners = new Set<(lane: Lane) => void>();
  readonly #removalListeners = new Set<() => void>();
  readonly #eventListeners = new Set<() => void>();
  readonly #addedLanes = new Set<Lane>();

  constructor(thread: CommitThread<StoreRequest, StoreAnswer>, clock: Clock) {
    this.#thread = thread;
    this.#clock = clock;
  }

  async add(entry: port.NewReading): Promise<port.AddOutcome> {
    const answering = this.#thread.submit(addRequest(entry, this.#clock.now()));
    // Requests are carried out in their order: a page that is asked for now is read behind the commit, and comes with
    // its answer. That saves a reading one way to the thread and back.
    if (entry.disposition === "deliver") this.tellAdded(entry.lane);
    const answer = await answering;
    if (typeof answer !== "string") throw unexpected("add");
    if (answer === "quota-exceeded" || answer === "disk-full") {
      throw sqliteErrors.make(answer, "the store takes no more readings");
    }
    if (answer === "amended" && entry.disposition !== "deliver") this.tellAdded(entry.lane);
    return answer;
  }

  async page(request: PageRequest): Promise<OutboxPage | null> {
    return (await this.#ask({ type: "page", request })).page;
  }

  async settle(settlements: readonly Settlement[]): Promise<void> {
    await this.#ask({ type: "settle", settlements, at: this.#clock.now() });
  }

  async backlog(): Promise<Backlog> {
    return (await this.#ask({ type: "backlog" })).backlog;
  }

  onAdded(listener: (lane: Lane) => void): () => void {
    // Each call has a listener of its own, also where the same function is given twice.
    const own = (lane: Lane): void => listener(lane);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Many additions of one turn of the event loop become one call for each lane. */
  tellAdded(lane: Lane): void {
    if (this.#addedLanes.size === 0) queueMicrotask(() => this.#callListeners());
    this.#addedLanes.add(lane);
  }

  async quarantine(entry: port.NewQuarantineEntry): Promise<void> {
    const { deviceId, reason, frames } = entry;
    const digest = createHash("sha256")
      .update(JSON.stringify([deviceId, reason, frames]))
      .digest("hex");
    await this.#ask({ type: "quarantine", entry, digest });
  }

  async quarantined(query: {
    readonly afterId: number;
    readonly limit: number;
  }): Promise<readonly port.QuarantineEntry[]> {
    return (await this.#ask({ type: "quarantined", ...query })).entries;
  }

  async readings(query: port.ReadingQuery): Promise<readonly port.StoredReading[]> {
    const found: FoundRow[] = [];
    let beforeSeq: number | null = query.beforeSeq ?? Number.MAX_SAFE_INTEGER;
    const { person = null, deviceId = null, state = null } = query;
    while (beforeSeq !== null && found.length < query.limit) {
      const limit = query.limit - found.length;
      const step: SearchAnswer = await this.#ask({ type: "search", beforeSeq, limit, person, deviceId, state });
      found.push(...step.found);
      beforeSeq = step.nextBeforeSeq;
    }
    return found.map(({ seq, body, state: actual }) => ({ seq, reading: readingFrom(body), state: actual }));
  }

  async attribute({
    readingId,
    person,
  }: port.ManualAttribution): Promise<"attributed" | "not-held" | "unknown-reading"> {
    const { lane } = await this.#ask({ type: "attribute", readingId, person });
    if (lane === null) return (await this.#exists(readingId)) ? "not-held" : "unknown-reading";
    this.tellAdded(lane);
    return "attributed";
  }

  async dateReadings(request: port.DatingRequest, restamp: port.Restamp): Promise<number> {
    const { bootId, epochOfMonotonicZero } = request;
    for (let dated = 0; ;) {
      const { readings } = await this.#ask({ type: "undated", bootId, limit: datedRowsMax });
      if (readings.length === 0) return dated;
      const rows = readings.map((row) => datedRow(row, epochOfMonotonicZero, restamp));
      await this.#ask({ type: "date", readings: rows });
      for (const row of rows) if (row.disposition === "deliver") this.tellAdded(lanes[row.lane] ?? "backfill");
      dated += rows.length;
    }
  }

  async undatedBoots(): Promise<readonly string[]> {
    return (await this.#ask({ type: "undated-boots" })).bootIds;
  }

  async devices(): Promise<readonly port.KnownDevice[]> {
    return (await this.#ask({ type: "devices" })).devices;
  }

  async saveDevice(device: port.KnownDevice): Promise<void> {
    await this.#ask({ type: "save-device", device });
  }

  async forgetDevice(id: string): Promise<boolean> {
    return (await this.#ask({ type: "forget-device", id })).wasKnown;
  }

  async saveProgress(progress: port.DeviceProgress): Promise<void> {
    await this.#ask({ type: "save-progress", progress });
  }

  async progress(deviceId: string): Promise<port.DeviceProgress | null> {
    return (await this.#ask({ type: "progress", deviceId })).progress;
  }

  async bonds(): Promise<readonly port.DeviceBond[]> {
    return (await this.#ask({ type: "bonds" })).bonds;
  }

  async saveBond(bond: port.DeviceBond): Promise<void> {
    await this.#ask({ type: "save-bond", bond });
  }

  async forgetBond(address: string): Promise<boolean> {
    return (await this.#ask({ type: "forget-bond", address })).wasKnown;
  }

  async savePerson(person: port.Person): Promise<void> {
    await this.#ask({ type: "save-person", person });
  }

  async people(): Promise<readonly port.Person[]> {
    return (await this.#ask({ type: "people" })).people;
  }

  async saveAssignment(assignment: port.Assignment): Promise<void> {
    await this.#ask({ type: "save-assignment", assignment, at: this.#clock.now() });
  }

  async assignments(): Promise<readonly port.Assignment[]> {
    return (await this.#ask({ type: "assignments" })).assignments;
  }

  async saveSession(session: port.KioskSession): Promise<void> {
    await this.#ask({ type: "save-session", session, at: this.#clock.now() });
  }

  async sessions(sinceAt: number): Promise<readonly port.KioskSession[]> {
    return (await this.#ask({ type: "sessions", sinceAt })).sessions;
  }

  async record(deed: port.Deed): Promise<port.DeedOutcome> {
    const answer = await this.#ask({ type: "record", deed, at: this.#clock.now() });
    const { outcome, lanes: entered, removals } = answer;
    for (const lane of entered) this.tellAdded(lane);
    if (outcome.removed + removals.length > 0) for (const listener of this.#removalListeners) listener();
    if (deed.events.length > 0) this.tellEvents();
    let { removed } = outcome;
    for (const removal of removals) removed += (await this.#finishRemoval(removal)) - removal.removed;
    return { ...outcome, removed };
  }

  tellEvents(): void {
    for (const listener of this.#eventListeners) listener();
  }

  /** The deed stands already: should its removal fail here, the store goes on with it by itself. */
  async #finishRemoval({ id, removed: removedByDeed }: UnfinishedRemoval): Promise<number> {
    let removed = removedByDeed;
    for (let isDone = false; !isDone;) {
      const step = await this.#ask({ type: "continue-removal", id }).catch(() => null);
      if (step === null) return removed;
      ({ removed, isDone } = step);
    }
    return removed;
  }

  onRemoved(listener: () => void): () => void {
    const own = (): void => listener();
    this.#removalListeners.add(own);
    return () => this.#removalListeners.delete(own);
  }

  onEventRecorded(listener: () => void): () => void {
    const own = (): void => listener();
    this.#eventListeners.add(own);
    return () => this.#eventListeners.delete(own);
  }

  async consents(query: port.ConsentQuery): Promise<readonly port.ConsentRecord[]> {
    return (await this.#ask({ type: "consents", query })).consents;
  }

  async withdrawals(): Promise<readonly port.StandingWithdrawal[]> {
    return (await this.#ask({ type: "withdrawals" })).withdrawals;
  }

  async auditEntries(query: {
    readonly afterSeq: number;
    readonly limit: number;
  }): Promise<readonly port.AuditEntry[]> {
    return (await this.#ask({ type: "audit-entries", ...query })).rows.map(auditEntryOf);
  }

  async auditHead(): Promise<port.AuditHead | null> {
    return (await this.#ask({ type: "audit-head" })).head;
  }

  async pendingEvents(query: {
    readonly afterSeq: number;
    readonly limit: number;
  }): Promise<readonly port.PendingEvent[]> {
    const { rows } = await this.#ask({ type: "pending-events", ...query });
    return rows.map(({ seq, body }) => ({ seq, event: JSON.parse(body) }));
  }

  async settleEvents(seqs: readonly number[]): Promise<void> {
    await this.#ask({ type: "settle-events", seqs });
  }

  async followRoster(roster: Roster): Promise<"followed" | "stale"> {
    return (await this.#ask({ type: "follow-roster", roster, at: this.#clock.now() })).outcome;
  }

  async rosterVersion(): Promise<number | null> {
    return (await this.#ask({ type: "roster-version" })).version;
  }

  async deadLetters(query: {
    readonly afterId: number;
    readonly limit: number;
  }): Promise<readonly port.OutboxDeadLetter[]> {
    return (await this.#ask({ type: "dead-letters", ...query })).letters;
  }

  async replayDeadLetters(ids: readonly number[]): Promise<number> {
    const { lanes: replayed } = await this.#ask({ type: "replay", ids });
    for (const lane of replayed) this.tellAdded(lane);
    return replayed.length;
  }

  async pendingTombstones(limit: number): Promise<readonly port.Tombstone[]> {
    return (await this.#ask({ type: "tombstones", limit })).tombstones;
  }

  async settleTombstones(ids: readonly number[]): Promise<void> {
    await this.#ask({ type: "settle-tombstones", ids });
  }

  async setting(name: string): Promise<string | null> {
    return (await this.#ask({ type: "setting", name })).value;
  }

  async saveSetting(name: string, value: string): Promise<void> {
    await this.#ask({ type: "save-setting", name, value });
  }

  async counts(): Promise<port.StoreCounts> {
    return (await this.#ask({ type: "counts" })).counts;
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  async #exists(readingId: string): Promise<boolean> {
    let after: IndexPosition | null = null;
    do {
      const step: ExistsAnswer = await this.#ask({ type: "exists", readingId, after });
      if (step.isFound) return true;
      after = step.next;
    } while (after !== null);
    return false;
  }

  async #ask<Request extends StoreRequest>(request: Request): Promise<AnswerTo<Request>> {
    const answer = await this.#thread.submit(request);
    if (!isAnswerTo(request, answer)) throw unexpected(request.type);
    return answer;
  }

  #callListeners(): void {
    const added = [...this.#addedLanes];
    this.#addedLanes.clear();
    for (const listener of this.#listeners) for (const lane of added) listener(lane);
  }
}

type AnswerTo<Request extends StoreRequest> = Extract<StoreAnswer, { readonly type: Request["type"] }>;
type SearchAnswer = Extract<StoreAnswer, { readonly type: "search" }>;
type ExistsAnswer = Extract<StoreAnswer, { readonly type: "exists" }>;

function isAnswerTo<Request extends StoreRequest>(request: Request, answer: StoreAnswer): answer is AnswerTo<Request> {
  return typeof answer !== "string" && answer.type === request.type;
}

function unexpected(type: string): Error {
  return sqliteErrors.make("store-request-failed", `an answer to something else than ${type}`);
}
