import { type CareChange, careChangeOf } from "../../cloud-sync/ingest/care-change.ts";
import {
  type HeardRoster,
  type Home,
  type RosterBook,
  type RosterDue,
  rosterVersionMax,
} from "../../cloud-sync/ingest/roster-book.ts";
import { enrolmentsReadMax, rosterOf } from "../../cloud-sync/ingest/roster-of.ts";
import type { EventDelivery } from "../../cloud-sync/ingest/sink.ts";
import type { Roster } from "../../cloud-sync/contract/roster.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";

export interface MemoryRosterBook extends RosterBook {
  /** What a new event says is in the book after this. */
  take(event: EventDelivery): void;
}

export function createMemoryRosterBook(clock: Pick<Clock, "now">): MemoryRosterBook {
  const book = new SpokenBook(clock);
  return {
    take: (event) => book.take(event),
    setHomes: async (homes) => homes.filter(({ person, gateway }) => book.move(person, gateway)).length,
    removeHomes: async (people) => people.filter((person) => book.move(person, null)).length,
    hear: async (heard) => heard.flatMap((word) => book.hear(word)),
    outstanding: async ({ afterGateway, limit }) =>
      book
        .outstanding()
        .filter(({ gateway }) => gateway > afterGateway)
        .slice(0, limit),
    homes: async ({ afterPerson, limit }) =>
      book
        .homes()
        .filter(({ person }) => person > afterPerson)
        .slice(0, limit),
    roster: async (gateway) => book.roster(gateway),
  };
}

type Enrolment = Extract<CareChange, { readonly type: "enrolment" }>;

/** The books of a sink in memory. It has no index and no row: it keeps all that was said and draws its conclusions anew. */
class SpokenBook {
  readonly #clock: Pick<Clock, "now">;
  readonly #homes = new Map<string, string>();
  readonly #enrolments = new Map<string, Enrolment>();
  readonly #ended = new Set<string>();
  readonly #withdrawn = new Set<string>();
  readonly #rosters = new Map<string, { version: number; shown: number }>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  take(event: EventDelivery): void {
    const change = careChangeOf(event);
    if (change === null) return;
    const before = this.#counted();
    if (change.type === "consent-withdrawn") this.#withdrawn.add(`${change.person} ${change.consent}`);
    else if (change.type === "enrolment-ended") this.#end(change);
    else this.#note(change);
    const changed = before.symmetricDifference(this.#counted());
    for (const person of new Set(Array.from(changed, ({ person: whose }) => whose)))
      this.#grow(this.#homes.get(person));
  }

  /** Did that change anything? */
  move(person: string, gateway: string | null): boolean {
    const former = this.#homes.get(person);
    if (former === (gateway ?? undefined)) return false;
    if (gateway === null) this.#homes.delete(person);
    else this.#homes.set(person, gateway);
    this.#grow(former);
    this.#grow(gateway ?? undefined);
    return true;
  }

  hear({ gateway, version }: HeardRoster): readonly RosterDue[] {
    const known = this.#rosters.get(gateway);
    if (known === undefined) return [];
    known.shown = version ?? 0;
    if (known.shown === known.version) return [];
    if (known.shown > known.version && known.shown < rosterVersionMax) known.version = known.shown + 1;
    return [{ gateway, version: known.version }];
  }

  outstanding(): readonly RosterDue[] {
    return [...this.#rosters]
      .flatMap(([gateway, { version, shown }]) => (version === shown ? [] : [{ gateway, version }]))
      .toSorted((a, b) => (a.gateway < b.gateway ? -1 : 1));
  }

  homes(): readonly Home[] {
    const all = Array.from(this.#homes, ([person, gateway]) => ({ person, gateway }));
    return all.toSorted((a, b) => (a.person < b.person ? -1 : 1));
  }

  roster(gateway: string): Roster | null {
    const known = this.#rosters.get(gateway);
    if (known === undefined) return null;
    const latestFirst = [...this.#counted()]
      .filter(({ person }) => this.#homes.get(person) === gateway)
      .toSorted((a, b) => b.fromAt - a.fromAt || (a.id < b.id ? -1 : 1))
      .map(({ id, device, userSlot, person, consent, fromAt }) => ({ id, device, userSlot, person, consent, fromAt }));
    return rosterOf(known.version, latestFirst.slice(0, enrolmentsReadMax));
  }

  /** The gateway that made it ends it, or the home that was given it to follow. */
  #end({ gateway, id }: Extract<CareChange, { readonly type: "enrolment-ended" }>): void {
    this.#ended.add(`${gateway} ${id}`);
    for (const [key, enrolment] of this.#enrolments)
      if (enrolment.id === id && this.#homes.get(enrolment.person) === gateway) this.#ended.add(key);
  }

  #note(enrolment: Enrolment): void {
    const key = `${enrolment.gateway} ${enrolment.id}`;
    if (!this.#enrolments.has(key)) this.#enrolments.set(key, enrolment);
  }

  #counted(): ReadonlySet<Enrolment> {
    const counts = ({ gateway, id, person, consent }: Enrolment): boolean =>
      !this.#ended.has(`${gateway} ${id}`) && !this.#withdrawn.has(`${person} ${consent}`);
    return new Set([...this.#enrolments.values()].filter(counts));
  }

  #grow(gateway: string | undefined): void {
    if (gateway === undefined) return;
    const { version, shown } = this.#rosters.get(gateway) ?? { version: 0, shown: 0 };
    this.#rosters.set(gateway, { version: Math.max(version + 1, Math.round(this.#clock.now())), shown });
  }
}
