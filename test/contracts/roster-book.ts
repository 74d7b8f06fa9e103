import { expect } from "vitest";
import { rosterEntriesMax } from "../../cloud-sync/contract/roster.ts";
import type { RosterDue } from "../../cloud-sync/ingest/roster-book.ts";
import type { EventDelivery, Sink } from "../../cloud-sync/ingest/sink.ts";
import { seededRandom } from "../../simulators/random.ts";
import { consentSaid, enrolled, enrolmentEnded } from "./care-events.ts";
import { type Check as Checks, contractChecks } from "./contract-checks.ts";

export interface RosterBookSubject {
  readonly sink: Sink;
  /** Another sink over the same data beside this one; null where there can be none. */
  readonly beside: (() => Promise<Sink>) | null;
}

export interface RosterBookContract {
  readonly name: string;
  readonly make: () => Promise<RosterBookSubject>;
}

type Check = Checks<RosterBookSubject>;

/** What every book of rosters promises. */
export function rosterBookContract(contract: RosterBookContract): void {
  const check = contractChecks(contract, ({ sink }) => sink.close());
  enrolling(check);
  enrollingOddly(check);
  ending(check);
  housing(check);
  hearing(check);
  sharing(check);
}

const home = { person: "sim-0001", gateway: "hub-1" };

const idsOf = async ({ rosters }: Sink, gateway = "hub-1"): Promise<readonly string[] | null> =>
  (await rosters.roster(gateway))?.assignments.map(({ id }) => id) ?? null;

const versionOf = async ({ rosters }: Sink, gateway = "hub-1"): Promise<number> =>
  (await rosters.roster(gateway))?.version ?? 0;

function enrolling(check: Check): void {
  check("an enrolment is in the roster of the person's home, with all that it says", async ({ sink }) => {
    await sink.rosters.setHomes([home]);
    const device = "serial:Maker/Model%201/0001";
    await sink.commitEvents([
      enrolled({ id: "e1", person: "sim-0001", device, userSlot: 2, fromAt: 1_700_000_000_123 }),
      enrolled({ id: "e2", person: "sim-0002" }),
    ]);
    expect((await sink.rosters.roster("hub-1"))?.assignments).toEqual([
      {
        id: "e1",
        device,
        userSlot: 2,
        person: "sim-0001",
        consent: "consent-of-sim-0001",
        fromAt: 1_700_000_000_123,
        untilAt: null,
      },
    ]);
  });

  check("an enrolment that came before its home is known is in the roster once it is", async ({ sink }) => {
    await sink.commitEvents([enrolled({ id: "e1", person: "sim-0001" })]);
    expect(await sink.rosters.roster("hub-1")).toBeNull();
    await sink.rosters.setHomes([home]);
    expect(await idsOf(sink)).toEqual(["e1"]);
  });

  check("the version grows with each change, and only with one", async ({ sink }) => {
    await sink.rosters.setHomes([home]);
    const versions = [await versionOf(sink)];
    const changes = [
      enrolled({ id: "e1", person: "sim-0001" }),
      enrolled({ id: "e2", person: "sim-0001" }),
      enrolmentEnded("e1", 1_500),
      consentSaid("sim-0001", "withdrawn"),
    ];
    for (const change of changes) {
      await sink.commitEvents([change]);
      versions.push(await versionOf(sink));
      await sink.commitEvents([change, enrolled({ id: "e9", person: "sim-0009" }), enrolmentEnded("e8", 1_600)]);
      expect(await versionOf(sink)).toBe(versions.at(-1));
    }
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b));
  });
}

function enrollingOddly(check: Check): void {
  check("an enrolment of one id that says something else later changes nothing", async ({ sink }) => {
    await sink.rosters.setHomes([home, { person: "sim-0002", gateway: "hub-1" }]);
    await sink.commitEvents([enrolled({ id: "e1", person: "sim-0001" })]);
    await sink.commitEvents([enrolled({ id: "e1", person: "sim-0002", device: "serial:other" })]);
    const [only, ...others] = (await sink.rosters.roster("hub-1"))?.assignments ?? [];
    expect([only?.person, only?.device, others]).toEqual(["sim-0001", "serial:e1", []]);
  });

  check(
    "events that say nothing of enrolments, or nothing that can be read, are stored all the same",
    async ({ sink }) => {
      await sink.rosters.setHomes([home]);
      const version = await versionOf(sink);
      const unreadable = { ...enrolled({ id: "e1", person: "sim-0001" }), body: "{}" };
      const odd = enrolled({ id: "e2", person: "sim-0001", device: "serial:\u0001" });
      const given = consentSaid("sim-0001", "given");
      expect(await sink.commitEvents([unreadable, odd, given])).toEqual(["stored", "stored", "stored"]);
      expect([await versionOf(sink), await idsOf(sink)]).toEqual([version, []]);
    },
  );

  check("a roster holds as many as it may, the latest of them, and one id once", async ({ sink }) => {
    await sink.rosters.setHomes([home]);
    const many = Array.from({ length: rosterEntriesMax + 3 }, (_, n) =>
      enrolled({ id: `e${n}`, person: "sim-0001", fromAt: n }),
    );
    const twice = enrolled({ id: "e66", person: "sim-0001", fromAt: 99, gateway: "kiosk-2", device: "serial:other" });
    await sink.commitEvents([...many, twice]);
    const assignments = (await sink.rosters.roster("hub-1"))?.assignments ?? [];
    expect(assignments.map(({ id }) => id)).toEqual(Array.from({ length: rosterEntriesMax }, (_, n) => `e${n + 3}`));
    expect(assignments.at(-1)?.device).toBe("serial:e66");
  });
}

function ending(check: Check): void {
  check("what has ended is in no roster, whether its end came before it or after", async ({ sink }) => {
    await sink.rosters.setHomes([home]);
    await sink.commitEvents([enrolmentEnded("e1", 1_500)]);
    await sink.commitEvents([enrolled({ id: "e1", person: "sim-0001" }), enrolled({ id: "e2", person: "sim-0001" })]);
    expect(await idsOf(sink)).toEqual(["e2"]);
    await sink.commitEvents([enrolmentEnded("e2", 1_500)]);
    expect(await idsOf(sink)).toEqual([]);
  });

  check(
    "a withdrawal ends all that rests on that consent, from whichever gateway, and nothing else",
    async ({ sink }) => {
      await sink.rosters.setHomes([home]);
      await sink.commitEvents([
        enrolled({ id: "e1", person: "sim-0001" }),
        enrolled({ id: "e2", person: "sim-0001", gateway: "kiosk-2" }),
        enrolled({ id: "e3", person: "sim-0001", consent: "another" }),
        consentSaid("sim-0002", "withdrawn", { consent: "another" }),
      ]);
      await sink.commitEvents([consentSaid("sim-0001", "withdrawn", { gateway: "kiosk-3" })]);
      expect(await idsOf(sink)).toEqual(["e3"]);
      await sink.commitEvents([enrolled({ id: "e4", person: "sim-0001" })]);
      expect(await idsOf(sink)).toEqual(["e3"]);
    },
  );

  check(
    "a person's home ends what it was given to follow, whoever enrolled it, and no other home's",
    async ({ sink }) => {
      await sink.rosters.setHomes([home, { person: "sim-0002", gateway: "hub-2" }]);
      await sink.commitEvents([
        enrolled({ id: "e1", person: "sim-0001" }),
        enrolled({ id: "e2", person: "sim-0001", gateway: "kiosk-2" }),
        enrolled({ id: "e1", person: "sim-0002", gateway: "kiosk-3" }),
      ]);
      const before = await versionOf(sink);
      await sink.commitEvents([enrolmentEnded("e1", 1_500, "hub-1")]);
      expect(await idsOf(sink)).toEqual(["e2"]);
      expect(await idsOf(sink, "hub-2")).toEqual(["e1"]);
      expect(await versionOf(sink)).toBeGreaterThan(before);
      await sink.commitEvents([enrolmentEnded("e2", 1_500, "hub-2")]);
      expect(await idsOf(sink)).toEqual(["e2"]);
    },
  );

  check("a gateway ends its own enrolments, not another's of the same id", async ({ sink }) => {
    await sink.rosters.setHomes([home]);
    await sink.commitEvents([enrolled({ id: "e1", person: "sim-0001" }), enrolmentEnded("e1", 1_500, "kiosk-2")]);
    expect(await idsOf(sink)).toEqual(["e1"]);
  });

  check("in any order, and more than once, the same events make the same roster", async ({ sink }) => {
    const random = seededRandom(5);
    const told: string[] = [];
    for (let round = 0; round < 12; round += 1) {
      const person = `sim-${round}`;
      await sink.rosters.setHomes([{ person, gateway: `hub-${round}` }]);
      const events = [
        ...[1, 2, 3, 4].map((n) => enrolled({ id: `e${n}`, person, gateway: `kiosk-${round}`, fromAt: n })),
        enrolled({ id: "e5", person, gateway: `kiosk-${round}`, fromAt: 5, consent: `late-${round}` }),
        enrolmentEnded("e2", 1_500, `kiosk-${round}`),
        enrolmentEnded("e2", 1_600, `kiosk-${round}`),
        consentSaid(person, "withdrawn", { consent: `late-${round}`, gateway: `kiosk-${round}` }),
      ];
      for (const event of shuffled([...events, ...events], random)) await sink.commitEvents([event]);
      told.push((await idsOf(sink, `hub-${round}`))?.join(" ") ?? "none");
    }
    expect(told).toEqual(told.map(() => "e1 e3 e4"));
  });
}

function housing(check: Check): void {
  check("who moves takes the devices along, and both rosters grow", async ({ sink }) => {
    await sink.rosters.setHomes([home]);
    await sink.commitEvents([enrolled({ id: "e1", person: "sim-0001" })]);
    const before = await versionOf(sink);
    expect(await sink.rosters.setHomes([{ person: "sim-0001", gateway: "hub-2" }])).toBe(1);
    expect([await idsOf(sink), await idsOf(sink, "hub-2")]).toEqual([[], ["e1"]]);
    expect(await versionOf(sink)).toBeGreaterThan(before);
    expect(await sink.rosters.setHomes([{ person: "sim-0001", gateway: "hub-2" }])).toBe(0);
  });

  check("who has no home any more is in no roster", async ({ sink }) => {
    await sink.rosters.setHomes([home]);
    await sink.commitEvents([enrolled({ id: "e1", person: "sim-0001" })]);
    expect(await sink.rosters.removeHomes(["sim-0001", "sim-0002"])).toBe(1);
    expect(await idsOf(sink)).toEqual([]);
    expect(await sink.rosters.homes({ afterPerson: "", limit: 10 })).toEqual([]);
  });

  check("homes are listed a page at a time", async ({ sink }) => {
    const homes = ["sim-0003", "sim-0001", "sim-0002"].map((person) => ({ person, gateway: "hub-1" }));
    expect(await sink.rosters.setHomes(homes)).toBe(3);
    const first = await sink.rosters.homes({ afterPerson: "", limit: 2 });
    const rest = await sink.rosters.homes({ afterPerson: first[1]?.person ?? "", limit: 2 });
    expect([...first, ...rest].map(({ person }) => person)).toEqual(["sim-0001", "sim-0002", "sim-0003"]);
    expect(rest).toEqual([{ person: "sim-0003", gateway: "hub-1" }]);
  });
}

const gatewaysOf = async (due: Promise<readonly RosterDue[]>): Promise<readonly string[]> =>
  (await due).map(({ gateway }) => gateway);

function hearing(check: Check): void {
  check("a roster is outstanding until the hub says that it follows it", async ({ sink }) => {
    const { rosters } = sink;
    await rosters.setHomes([home, { person: "sim-0002", gateway: "hub-2" }]);
    expect(await gatewaysOf(rosters.outstanding({ afterGateway: "", limit: 10 }))).toEqual(["hub-1", "hub-2"]);
    expect(await gatewaysOf(rosters.outstanding({ afterGateway: "hub-1", limit: 10 }))).toEqual(["hub-2"]);
    const version = await versionOf(sink);
    expect(await rosters.hear([{ gateway: "hub-1", version }])).toEqual([]);
    expect(await gatewaysOf(rosters.outstanding({ afterGateway: "", limit: 10 }))).toEqual(["hub-2"]);
    await sink.commitEvents([enrolled({ id: "e1", person: "sim-0001" })]);
    expect(await gatewaysOf(rosters.outstanding({ afterGateway: "", limit: 1 }))).toEqual(["hub-1"]);
  });

  check(
    "who follows another version, or none, ought to get theirs; who is nobody's home is left alone",
    async ({ sink }) => {
      const { rosters } = sink;
      await rosters.setHomes([home]);
      const version = await versionOf(sink);
      expect(await rosters.hear([])).toEqual([]);
      expect(
        await rosters.hear([
          { gateway: "kiosk-1", version: null },
          { gateway: "kiosk-2", version: 7 },
          { gateway: "hub-1", version: version - 1 },
        ]),
      ).toEqual([{ gateway: "hub-1", version }]);
      expect(await rosters.hear([{ gateway: "hub-1", version }])).toEqual([]);
      expect(await rosters.hear([{ gateway: "hub-1", version: null }])).toEqual([{ gateway: "hub-1", version }]);
      expect(await gatewaysOf(rosters.outstanding({ afterGateway: "", limit: 10 }))).toEqual(["hub-1"]);
      expect(await rosters.roster("kiosk-2")).toBeNull();
    },
  );

  check("a hub that follows a later version than is known gets one that is later still", async ({ sink }) => {
    await sink.rosters.setHomes([home]);
    const later = (await versionOf(sink)) + 1_000_000_000_000;
    expect(await sink.rosters.hear([{ gateway: "hub-1", version: later }])).toEqual([
      { gateway: "hub-1", version: later + 1 },
    ]);
    expect(await versionOf(sink)).toBe(later + 1);
    await sink.rosters.hear([{ gateway: "hub-1", version: Number.MAX_SAFE_INTEGER }]);
    expect(await versionOf(sink)).toBe(later + 1);
    await sink.commitEvents([enrolled({ id: "e1", person: "sim-0001" })]);
    expect(await versionOf(sink)).toBe(later + 2);
  });
}

function sharing(check: Check): void {
  check("changes at once, by several writers, leave one truth, and a version with each", async ({ sink, beside }) => {
    const other = (await beside?.()) ?? sink;
    const people = Array.from({ length: 6 }, (_, n) => `sim-${n}`);
    await sink.rosters.setHomes(people.map((person) => ({ person, gateway: "hub-1" })));
    const seen = new Map<number, string>();
    const watch = async (): Promise<void> => {
      for (let look = 0; look < 40; look += 1) {
        const roster = await sink.rosters.roster("hub-1");
        const text = JSON.stringify(roster?.assignments);
        expect(seen.get(roster?.version ?? 0) ?? text).toBe(text);
        seen.set(roster?.version ?? 0, text);
      }
    };
    const work = people.flatMap((person, n) => [
      (n % 2 === 0 ? sink : other).commitEvents([enrolled({ id: `a${n}`, person })]),
      (n % 2 === 0 ? other : sink).commitEvents([enrolmentEnded(`a${n}`, 1_500)]),
      sink.commitEvents([enrolled({ id: `b${n}`, person })]),
      other.commitEvents([consentSaid(person, "withdrawn")]),
      other.commitEvents([enrolled({ id: `c${n}`, person, consent: "kept" })]),
      other.rosters.setHomes([{ person, gateway: n < 3 ? "hub-2" : "hub-1" }]),
    ]);
    await Promise.all([...work, watch()]);
    expect((await idsOf(sink))?.toSorted()).toEqual(["c3", "c4", "c5"]);
    expect((await idsOf(other, "hub-2"))?.toSorted()).toEqual(["c0", "c1", "c2"]);
    if (other !== sink) await other.close();
  });
}

const shuffled = (events: readonly EventDelivery[], random: () => number): readonly EventDelivery[] =>
  events
    .map((event) => ({ event, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ event }) => event);
