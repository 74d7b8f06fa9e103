import type { GatewayEvent } from "../../cloud-sync/contract/control.ts";
import type { Sqlite, Statement } from "../../cloud-sync/sqlite/connection.ts";
import type { Lane } from "../../cloud-sync/uplink/outbox.ts";
import { AuditRows } from "./audit-rows.ts";
import { ConsentRows } from "./consent-rows.ts";
import { EventRows } from "./event-rows.ts";
import type { OutboxRows } from "./outbox-rows.ts";
import type { ReadingRows } from "./reading-rows.ts";
import type { RegistryRows } from "./registry-rows.ts";
import type { RemovalRows } from "./removal-rows.ts";
import type { RemovalSteps } from "./removal-steps.ts";
import { RosterRows } from "./roster-rows.ts";
import type { CareRequest, StoreAnswer, StoreRequest, UnfinishedRemoval } from "./store-request.ts";
import type { Change, Deed } from "./store.ts";

interface CareParts {
  readonly outbox: OutboxRows;
  readonly readings: ReadingRows;
  readonly registry: RegistryRows;
  readonly removals: RemovalRows;
  readonly steps: RemovalSteps;
}

/** What the changes of a deed have come to so far. */
interface Progress {
  readonly notHeld: string[];
  readonly withdrawn: string[];
  readonly lanes: Lane[];
  /** How many readings of whom were removed. */
  readonly removed: Map<string, number>;
  /** The removals that go on after the deed, and whose they are. */
  readonly removals: Map<string, UnfinishedRemoval>;
}

/** What people decide: deeds, and what stays of them. */
export class CareRows {
  readonly #parts: CareParts;
  readonly #consents: ConsentRows;
  readonly audit: AuditRows;
  readonly #events: EventRows;
  readonly #roster: RosterRows;
  readonly #endSessions: Statement<[{ person: string; at: number }]>;
  readonly #endAssignments: Statement<[{ person: string; at: number }]>;

  constructor(sql: Sqlite, parts: CareParts) {
    this.#parts = parts;
    this.#consents = new ConsentRows(sql);
    this.audit = new AuditRows(sql);
    this.#events = new EventRows(sql);
    this.#roster = new RosterRows(sql, parts.removals);
    this.#endSessions = sql.prepare(
      "UPDATE sessions SET endedAt = @at WHERE person = @person AND (endedAt IS NULL OR endedAt > @at)",
    );
    this.#endAssignments = sql.prepare(
      "UPDATE assignments SET untilAt = @at WHERE person = @person AND (untilAt IS NULL OR untilAt > @at)",
    );
  }

  execute(request: CareRequest): StoreAnswer {
    switch (request.type) {
      case "record":
        return this.#record(request.deed, request.at);
      case "consents":
        return { type: "consents", consents: this.#consents.list(request.query) };
      case "withdrawals":
        return { type: "withdrawals", withdrawals: this.#consents.withdrawals() };
      case "audit-entries":
        return { type: "audit-entries", rows: this.audit.list(request.afterSeq, request.limit) };
      case "audit-head":
        return { type: "audit-head", head: this.audit.head() };
      case "pending-events":
        return { type: "pending-events", rows: this.#events.list(request.afterSeq, request.limit) };
      case "settle-events":
        this.#events.settle(request.seqs);
        return { type: "settle-events" };
      case "follow-roster":
        return { type: "follow-roster", outcome: this.#follow(request) };
      case "roster-version":
        return { type: "roster-version", version: this.#roster.version() };
      default:
        return request satisfies never;
    }
  }

  #record(deed: Deed, at: number): StoreAnswer {
    const progress: Progress = { notHeld: [], withdrawn: [], lanes: [], removed: new Map(), removals: new Map() };
    for (const change of deed.changes) this.#change(change, at, progress);
    const removed = [...progress.removed].reduce((sum, [, count]) => sum + count, 0);
    const removals = [...progress.removals.values()];
    for (const event of deed.events) this.#tell(event, progress);
    for (const entry of deed.audit) this.audit.append(entry);
    const { notHeld, withdrawn, lanes } = progress;
    return { type: "record", outcome: { notHeld, withdrawn, removed }, lanes, removals };
  }

  /** How many were removed is known only here. The first event that tells of a person's withdrawal counts them all. */
  #tell(event: GatewayEvent, { removed, removals }: Progress): void {
    const { event: told } = event;
    if (told.type !== "consent" || told.change !== "withdrawn") return void this.#events.add(event);
    const { person } = told;
    const seq = this.#events.add({ ...event, event: { ...told, removed: removed.get(person) ?? 0 } });
    const removal = removals.get(person);
    if (removal !== undefined && seq !== null) this.#parts.steps.announce(removal.id, seq);
    removed.delete(person);
    removals.delete(person);
  }

  #change(change: Change, at: number, progress: Progress): void {
    const { readings, registry } = this.#parts;
    switch (change.type) {
      case "consent":
        registry.meetPerson(change.consent.person, at);
        this.#consents.save(change.consent);
        break;
      case "session":
        registry.execute({ type: "save-session", session: change.session, at });
        break;
      case "session-moved":
        registry.sessions.continue(change.from, change.session);
        break;
      case "session-device":
        registry.sessions.name(change.session, change.device);
        break;
      case "release-device":
        registry.sessions.release(change.deviceId);
        break;
      case "assignment":
        registry.execute({ type: "save-assignment", assignment: change.assignment, at });
        break;
      case "attribute": {
        const lane = readings.attribute(change.decision.readingId, change.decision.person);
        if (lane === null) progress.notHeld.push(change.decision.readingId);
        else progress.lanes.push(lane);
        break;
      }
      case "discard":
        if (!readings.discard(change.readingId)) progress.notHeld.push(change.readingId);
        break;
      case "withdraw":
        this.#withdraw(change, progress);
        break;
    }
  }

  #withdraw({ person, at }: Extract<Change, { type: "withdraw" }>, progress: Progress): void {
    // What was attributed a moment ago, by this very deed, may not be in the outbox's table yet.
    this.#parts.outbox.flush();
    progress.withdrawn.push(...this.#consents.withdraw(person, at));
    this.#endSessions.run({ person, at });
    this.#endAssignments.run({ person, at });
    this.#parts.removals.withdraw(person, at);
    const { removed, id } = this.#parts.steps.begin(person);
    progress.removed.set(person, (progress.removed.get(person) ?? 0) + removed);
    if (id !== null) progress.removals.set(person, { id, removed });
  }

  #follow({ roster, at }: Extract<CareRequest, { type: "follow-roster" }>): "followed" | "stale" {
    const outcome = this.#roster.follow(roster, at);
    if (outcome === "followed") {
      const subject = { version: roster.version, assignments: roster.assignments.length };
      this.audit.append({ at, actor: "cloud", action: "roster-followed", subject });
    }
    return outcome;
  }
}

const careTypes: ReadonlySet<string> = new Set<CareRequest["type"]>([
  "record",
  "consents",
  "withdrawals",
  "audit-entries",
  "audit-head",
  "pending-events",
  "settle-events",
  "follow-roster",
  "roster-version",
]);

export function isCareRequest(request: StoreRequest): request is CareRequest {
  return careTypes.has(request.type);
}
