import type { RosterEntry } from "../../contract/roster.ts";
import type { Statement } from "../../sqlite/connection.ts";
import type { Database } from "../../sqlite/database.ts";
import type { CareChange } from "../care-change.ts";
import { type HeardRoster, type Home, type RosterDue, rosterVersionMax } from "../roster-book.ts";
import { enrolmentsReadMax, rosterOf } from "../roster-of.ts";
import type { RosterAnswer, RosterRequest, SinkRequest } from "./sink-request.ts";

type Change<Type extends CareChange["type"]> = Extract<CareChange, { readonly type: Type }>;

/** The SQL of homes, enrolments and rosters. Whoever calls is in a transaction. */
export class RosterTables {
  readonly #statements: RosterStatements;

  constructor(database: Database) {
    this.#statements = prepare(database);
  }

  execute(request: RosterRequest): RosterAnswer {
    switch (request.op) {
      case "set-homes":
        return { op: "set-homes", changed: this.#setHomes(request.homes, request.at) };
      case "remove-homes":
        return { op: "remove-homes", changed: this.#removeHomes(request.people, request.at) };
      case "hear-rosters":
        return { op: "hear-rosters", due: request.heard.flatMap((heard) => this.#hear(heard)) };
      case "outstanding-rosters":
        return {
          op: "outstanding-rosters",
          due: this.#statements.outstanding.all(request.afterGateway, request.limit),
        };
      case "homes":
        return { op: "homes", homes: this.#statements.homes.all(request.afterPerson, request.limit) };
      case "roster":
        break;
    }
    const version = this.#statements.version.get(request.gateway);
    if (version === undefined) return { op: "roster", roster: null };
    const enrolments = this.#statements.enrolmentsOf.all(request.gateway, enrolmentsReadMax);
    return { op: "roster", roster: rosterOf(version, enrolments) };
  }

  change(change: CareChange, at: number): void {
    if (change.type === "enrolment") this.#enrol(change, at);
    else if (change.type === "enrolment-ended") this.#end(change, at);
    else this.#withdraw(change, at);
  }

  #enrol({ gateway, id, ...rest }: Change<"enrolment">, at: number): void {
    const { device, userSlot, person, consent, fromAt } = rest;
    const withdrawnAt = this.#statements.withdrawnAt.get(person, consent) ?? null;
    // Undefined if it was there; null unless it has ended already.
    const untilAt = this.#statements.enrol.get(gateway, id, device, userSlot, person, consent, fromAt, withdrawnAt);
    if (untilAt === null) this.#grow(person, at);
  }

  #end({ gateway, id, untilAt }: Change<"enrolment-ended">, at: number): void {
    const owner = this.#statements.whose.get(gateway, id);
    this.#statements.end.run(gateway, id, untilAt);
    const atHome = this.#statements.endAtHome.all(untilAt, id, gateway);
    for (const person of new Set(owner === undefined ? atHome : [owner, ...atHome])) this.#grow(person, at);
  }

  #withdraw({ person, consent, at: withdrawnAt }: Change<"consent-withdrawn">, at: number): void {
    this.#statements.withdraw.run(person, consent, withdrawnAt);
    if (this.#statements.endOfConsent.run(withdrawnAt, person, consent).changes > 0) this.#grow(person, at);
  }

  #grow(person: string, at: number): void {
    const gateway = this.#statements.home.get(person);
    if (gateway !== undefined) this.#statements.grow.run(gateway, at);
  }

  #setHomes(homes: readonly Home[], at: number): number {
    let changed = 0;
    for (const { person, gateway } of homes) {
      const former = this.#statements.home.get(person);
      if (former === gateway) continue;
      this.#statements.setHome.run(person, gateway);
      for (const hub of [former, gateway]) if (hub !== undefined) this.#statements.grow.run(hub, at);
      changed += 1;
    }
    return changed;
  }

  #removeHomes(people: readonly string[], at: number): number {
    let changed = 0;
    for (const person of people) {
      const former = this.#statements.home.get(person);
      if (former === undefined) continue;
      this.#statements.removeHome.run(person);
      this.#statements.grow.run(former, at);
      changed += 1;
    }
    return changed;
  }

  #hear({ gateway, version }: HeardRoster): readonly RosterDue[] {
    const known = this.#statements.version.get(gateway);
    const shown = version ?? 0;
    if (known === undefined) return [];
    this.#statements.show.run(shown, gateway, shown);
    if (shown === known) return [];
    const isLater = shown > known && shown < rosterVersionMax;
    if (isLater) this.#statements.raise.run(shown + 1, gateway);
    return [{ gateway, version: isLater ? shown + 1 : known }];
  }
}

export const isRosterRequest = (request: SinkRequest): request is RosterRequest => rosterOps.has(request.op);

const rosterOps: ReadonlySet<string> = new Set<RosterRequest["op"]>([
  "set-homes",
  "remove-homes",
  "hear-rosters",
  "outstanding-rosters",
  "homes",
  "roster",
]);

type Enrolled = [string, string, string, number | null, string, string, number, number | null];

interface RosterStatements {
  readonly enrol: Statement<Enrolled, number | null>;
  readonly end: Statement<[gateway: string, id: string, untilAt: number]>;
  readonly endAtHome: Statement<[untilAt: number, id: string, gateway: string], string>;
  readonly whose: Statement<[gateway: string, id: string], string>;
  readonly withdraw: Statement<[person: string, consent: string, at: number]>;
  readonly withdrawnAt: Statement<[person: string, consent: string], number>;
  readonly endOfConsent: Statement<[at: number, person: string, consent: string]>;
  readonly home: Statement<[person: string], string>;
  readonly setHome: Statement<[person: string, gateway: string]>;
  readonly removeHome: Statement<[person: string]>;
  readonly homes: Statement<[afterPerson: string, limit: number], Home>;
  readonly grow: Statement<[gateway: string, at: number]>;
  readonly version: Statement<[gateway: string], number>;
  readonly show: Statement<[shown: number, gateway: string, shown: number]>;
  readonly raise: Statement<[version: number, gateway: string]>;
  readonly outstanding: Statement<[afterGateway: string, limit: number], RosterDue>;
  readonly enrolmentsOf: Statement<[gateway: string, limit: number], Omit<RosterEntry, "untilAt">>;
}

function prepare({ sql }: Database): RosterStatements {
  return {
    enrol: sql
      .prepare<Enrolled, number | null>(
        `INSERT INTO enrolments (gateway, id, device, user_slot, person, consent, from_at, until_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (gateway, id) DO UPDATE SET device = excluded.device, user_slot = excluded.user_slot,
           person = excluded.person, consent = excluded.consent, from_at = excluded.from_at
         WHERE enrolments.person IS NULL RETURNING until_at`,
      )
      .pluck(),
    whose: sql
      .prepare<[string, string], string>(
        "SELECT person FROM enrolments WHERE gateway = ? AND id = ? AND person IS NOT NULL AND until_at IS NULL",
      )
      .pluck(),
    end: sql.prepare(
      `INSERT INTO enrolments (gateway, id, until_at) VALUES (?, ?, ?)
       ON CONFLICT (gateway, id) DO UPDATE SET until_at = min(excluded.until_at, ifnull(until_at, excluded.until_at))`,
    ),
    endAtHome: sql
      .prepare<[number, string, string], string>(
        `UPDATE enrolments SET until_at = ? WHERE id = ? AND until_at IS NULL
           AND person IN (SELECT person FROM homes WHERE gateway = ?) RETURNING person`,
      )
      .pluck(),
    withdraw: sql.prepare(
      "INSERT INTO withdrawn_consents (person, consent, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    ),
    withdrawnAt: sql
      .prepare<[string, string], number>("SELECT at FROM withdrawn_consents WHERE person = ? AND consent = ?")
      .pluck(),
    endOfConsent: sql.prepare(
      "UPDATE enrolments SET until_at = ? WHERE person = ? AND consent = ? AND until_at IS NULL",
    ),
    home: sql.prepare<[string], string>("SELECT gateway FROM homes WHERE person = ?").pluck(),
    setHome: sql.prepare(
      "INSERT INTO homes (person, gateway) VALUES (?, ?) ON CONFLICT (person) DO UPDATE SET gateway = excluded.gateway",
    ),
    removeHome: sql.prepare("DELETE FROM homes WHERE person = ?"),
    homes: sql.prepare("SELECT person, gateway FROM homes WHERE person > ? ORDER BY person LIMIT ?"),
    grow: sql.prepare(
      `INSERT INTO rosters (gateway, version, shown) VALUES (?, max(1, ?), 0)
       ON CONFLICT (gateway) DO UPDATE SET version = max(version + 1, excluded.version)`,
    ),
    version: sql.prepare<[string], number>("SELECT version FROM rosters WHERE gateway = ?").pluck(),
    show: sql.prepare("UPDATE rosters SET shown = ? WHERE gateway = ? AND shown <> ?"),
    raise: sql.prepare("UPDATE rosters SET version = ? WHERE gateway = ?"),
    outstanding: sql.prepare(
      "SELECT gateway, version FROM rosters WHERE shown <> version AND gateway > ? ORDER BY gateway LIMIT ?",
    ),
    enrolmentsOf: sql.prepare(
      `SELECT e.id, e.device, e.user_slot AS userSlot, e.person, e.consent, e.from_at AS fromAt
       FROM homes h JOIN enrolments e ON e.person = h.person AND e.until_at IS NULL
       WHERE h.gateway = ? ORDER BY e.from_at DESC, e.id, e.gateway LIMIT ?`,
    ),
  };
}
