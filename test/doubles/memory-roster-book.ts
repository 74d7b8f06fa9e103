import { careChangeOf } from "../../cloud-sync/ingest/care-change.ts";
import type { CareChange } from "../../cloud-sync/ingest/care-change.ts";
import type { RosterBook } from "../../cloud-sync/ingest/roster-book.ts";
import { rosterVersionMax } from "../../cloud-sync/ingest/roster-book.ts";
import { enrolmentsReadMax, rosterOf } from "../../cloud-sync/ingest/roster-of.ts";
import type { EventDelivery } from "../../cloud-sync/ingest/sink.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";

export interface MemoryRosterBook extends RosterBook {
  /** What a new event says is in the book after this. */
  take(event: EventDelivery): void;
}

type Enrolment = Extract<CareChange, { readonly type: "enrolment" }>;

/** The books of a sink in memory. It has no index and no row: it keeps all that was said and draws its conclusions anew. */
export function createMemoryRosterBook(clock: Pick<Clock, "now">): MemoryRosterBook {
  const homes = new Map<string, string>();
  const enrolments = new Map<string, Enrolment>();
  const ended = new Set<string>();
  const withdrawn = new Set<string>();
  const rosters = new Map<string, { version: number; shown: number }>();

  const counts = ({ gateway, id, person, consent }: Enrolment): boolean =>
    !ended.has(`${gateway} ${id}`) && !withdrawn.has(`${person} ${consent}`);
  const grow = (gateway: string | undefined): void => {
    if (gateway === undefined) return;
    const { version, shown } = rosters.get(gateway) ?? { version: 0, shown: 0 };
    rosters.set(gateway, { version: Math.max(version + 1, Math.round(clock.now())), shown });
  };
  const note = (change: CareChange): void => {
    if (change.type === "consent-withdrawn") withdrawn.add(`${change.person} ${change.consent}`);
    else if (change.type === "enrolment-ended") ended.add(`${change.gateway} ${change.id}`);
    else {
      const key = `${change.gateway} ${change.id}`;
      enrolments.set(key, enrolments.get(key) ?? change);
    }
  };
  const moved = (person: string, gateway: string | null): boolean => {
    const former = homes.get(person);
    if (former === (gateway ?? undefined)) return false;
    if (gateway === null) homes.delete(person);
    else homes.set(person, gateway);
    grow(former);
    grow(gateway ?? undefined);
    return true;
  };
  const countedIds = (): readonly string[] => [...enrolments].filter(([, each]) => counts(each)).map(([key]) => key);

  return {
    take(event) {
      const change = careChangeOf(event);
      if (change === null) return;
      const before = new Set(countedIds());
      note(change);
      const after = new Set(countedIds());
      const people = [...before.symmetricDifference(after)].map((key) => enrolments.get(key)?.person ?? "");
      for (const person of new Set(people)) grow(homes.get(person));
    },
    setHomes: async (all) => all.filter(({ person, gateway }) => moved(person, gateway)).length,
    removeHomes: async (people) => people.filter((person) => moved(person, null)).length,
    async hear(heard) {
      return heard.flatMap(({ gateway, version }) => {
        const known = rosters.get(gateway);
        if (known === undefined) return [];
        const said = version ?? 0;
        const isFollowed = said === known.version;
        if (said > known.version && said < rosterVersionMax) known.version = said + 1;
        known.shown = said;
        return isFollowed ? [] : [{ gateway, version: known.version }];
      });
    },
    async outstanding({ afterGateway, limit }) {
      return [...rosters]
        .flatMap(([gateway, { version, shown }]) => (version === shown ? [] : [{ gateway, version }]))
        .filter(({ gateway }) => gateway > afterGateway)
        .toSorted((a, b) => (a.gateway < b.gateway ? -1 : 1))
        .slice(0, limit);
    },
    async homes({ afterPerson, limit }) {
      const all = Array.from(homes, ([person, gateway]) => ({ person, gateway }));
      return all
        .toSorted((a, b) => (a.person < b.person ? -1 : 1))
        .filter(({ person }) => person > afterPerson)
        .slice(0, limit);
    },
    async roster(gateway) {
      const known = rosters.get(gateway);
      if (known === undefined) return null;
      const own = [...enrolments.values()].filter((each) => homes.get(each.person) === gateway && counts(each));
      const latestFirst = own.toSorted((a, b) => b.fromAt - a.fromAt || (a.id < b.id ? -1 : 1));
      return rosterOf(
        known.version,
        latestFirst.slice(0, enrolmentsReadMax).map(({ id, device, userSlot, person, consent, fromAt }) => ({
          id,
          device,
          userSlot,
          person,
          consent,
          fromAt,
        })),
      );
    },
  };
}
