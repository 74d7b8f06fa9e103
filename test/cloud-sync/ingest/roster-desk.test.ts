import { expect, test } from "vitest";
import { command, type GatewayState } from "../../../cloud-sync/contract/control.ts";
import { messageData } from "../../../cloud-sync/contract/message-data.ts";
import { createRosterDesk, rosterDeskLimits, type RosterDeskLimits } from "../../../cloud-sync/ingest/roster-desk.ts";
import type { RosterBook } from "../../../cloud-sync/ingest/roster-book.ts";
import { ingestErrors } from "../../../cloud-sync/ingest/ingest-error.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { seededRandom } from "../../../simulators/random.ts";
import { enrolled } from "../../contracts/care-events.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { createMemoryRosterBook, type MemoryRosterBook } from "../../doubles/memory-roster-book.ts";

const minute = 60_000;

interface Told {
  readonly gateway: string;
  readonly id: string;
  readonly version: number;
}

interface Bench {
  readonly clock: VirtualClock;
  readonly book: MemoryRosterBook;
  readonly told: readonly Told[];
  /** Change it at any time: does the command get on its way? */
  readonly link: { isUp: boolean };
  /** How often the book was asked. */
  readonly asked: { hear: number; outstanding: number };
  readonly faults: { isBookAway: boolean };
  readonly say: (gateway: string, changes: Partial<GatewayState>) => void;
  readonly enrol: (id: string) => void;
  readonly stop: () => Promise<void>;
}

async function bench(limits: Partial<RosterDeskLimits> = {}): Promise<Bench> {
  const clock = createVirtualClock(1_750_000_000_000);
  const book = createMemoryRosterBook(clock);
  const told: Told[] = [];
  const link = { isUp: true };
  const asked = { hear: 0, outstanding: 0 };
  const faults = { isBookAway: false };
  const away = (): void => {
    if (faults.isBookAway) throw ingestErrors.make("sink-unavailable", "the book is away");
  };
  const rosters: RosterBook = {
    ...book,
    hear: async (heard) => {
      asked.hear += 1;
      away();
      return await book.hear(heard);
    },
    outstanding: async (query) => {
      asked.outstanding += 1;
      away();
      return await book.outstanding(query);
    },
  };
  const source = {
    command: async (gateway: string, { payload }: { readonly payload: Uint8Array }): Promise<boolean> => {
      const heard = command.parse(messageData("commands", payload));
      if (heard.name !== "roster") throw new Error("only rosters are sent");
      if (link.isUp) told.push({ gateway, id: heard.id, version: heard.roster.version });
      return link.isUp;
    },
  };
  const ports = { rosters, source, clock, random: seededRandom(1), log: keptLog(), name: "one" };
  const desk = createRosterDesk(ports, { ...rosterDeskLimits, ...limits });
  const stopping = new AbortController();
  const running = desk.run(stopping.signal);
  await book.setHomes([{ person: "sim-0001", gateway: "hub-1" }]);
  return {
    clock,
    book,
    told,
    link,
    asked,
    faults,
    say: (gateway, changes) => desk.hearState(gateway, { ...state, gateway, ...changes }),
    enrol: (id) => {
      book.take(enrolled({ id, person: "sim-0001" }));
      desk.changed();
    },
    stop: async () => {
      stopping.abort();
      await clock.runUntil(running);
    },
  };
}

const state: GatewayState = {
  v: 1,
  gateway: "hub-1",
  online: true,
  version: "0.1.0",
  bootId: "boot",
  backlog: 0,
  oldestUnsentAt: null,
  held: 0,
  clock: "trusted",
  alarm: null,
  rosterVersion: null,
  at: 1,
};

test("a roster is sent when it has changed, under one id whoever sends it, and again until the hub shows it", async () => {
  const { clock, book, told, enrol, say, stop } = await bench();
  await clock.advance(5_000);
  enrol("e1");
  await clock.advance(200);
  const version = (await book.roster("hub-1"))?.version ?? 0;
  expect(told.at(-1)).toEqual({ gateway: "hub-1", id: `roster-${version}`, version });
  const before = told.length;
  await clock.advance(60 * minute);
  const again = told.slice(before);
  expect(again.every((each) => each.version === version && each.id !== `roster-${version}`)).toBe(true);
  expect(again.length).toBeGreaterThanOrEqual(5);
  expect(again.length).toBeLessThanOrEqual(10);
  expect(new Set(again.map(({ id }) => id)).size).toBe(again.length);
  say("hub-1", { rosterVersion: version });
  await clock.advance(60 * minute);
  expect(told.slice(before)).toHaveLength(again.length);
  await stop();
});

test("a hub that comes with another version gets its roster at once, and one that follows it is left alone", async () => {
  const { clock, book, told, say, stop } = await bench();
  const version = (await book.roster("hub-1"))?.version ?? 0;
  say("hub-1", { rosterVersion: version });
  say("kiosk-1", { rosterVersion: null });
  await clock.advance(10 * minute);
  const before = told.length;
  for (const rosterVersion of [version - 1, null]) {
    say("hub-1", { rosterVersion });
    await clock.advance(200);
    say("hub-1", { rosterVersion: version });
    await clock.advance(200);
  }
  expect(told.slice(before).map(({ gateway }) => gateway)).toEqual(["hub-1", "hub-1"]);
  await stop();
});

test("a hub that is away, or knows no rosters, is not called; what did not get on its way is sent soon", async () => {
  const { clock, told, link, enrol, say, stop } = await bench();
  for (const words of [{ online: false }, { rosterVersion: undefined }]) {
    say("hub-1", words);
    enrol(`e-${Object.keys(words).join()}`);
    await clock.advance(10 * minute);
  }
  expect(told).toEqual([]);
  link.isUp = false;
  say("hub-1", { online: true });
  await clock.advance(minute);
  expect(told).toEqual([]);
  link.isUp = true;
  await clock.advance(5_000);
  expect(told).toHaveLength(1);
  await stop();
});

test("a change that another ingestor made is found", async () => {
  const { clock, book, told, stop } = await bench();
  await clock.advance(10 * minute);
  const before = told.length;
  await book.setHomes([{ person: "sim-0002", gateway: "hub-2" }]);
  await clock.advance(5_000);
  expect(told.slice(before).map(({ gateway }) => gateway)).toEqual(["hub-2"]);
  await stop();
});

test("while the book is away nothing that was heard is lost", async () => {
  const { clock, book, told, faults, say, stop } = await bench();
  const version = (await book.roster("hub-1"))?.version ?? 0;
  await clock.advance(minute);
  const before = told.length;
  faults.isBookAway = true;
  say("hub-1", { rosterVersion: version });
  await clock.advance(minute);
  faults.isBookAway = false;
  await clock.advance(minute);
  expect(await book.outstanding({ afterGateway: "", limit: 10 })).toEqual([]);
  expect(told.slice(before)).toEqual([]);
  await stop();
});

test("states that say nothing new cost the book nothing, and those of more gateways than it remembers little", async () => {
  const { clock, asked, say, stop } = await bench({ gatewaysMax: 50, heardMax: 20 });
  await clock.advance(5_000);
  const before = asked.hear;
  for (let round = 0; round < 20; round += 1) {
    say("kiosk-1", { rosterVersion: null, backlog: round });
    await clock.advance(1_000);
  }
  expect(asked.hear - before).toBe(1);
  for (let n = 0; n < 1_000; n += 1) say(`kiosk-${n}`, { rosterVersion: null });
  await clock.advance(60_000);
  expect(asked.hear - before).toBeLessThanOrEqual(3);
  await stop();
});

test("more hubs than one look can see get their rosters, a page at a time", async () => {
  const { clock, book, told, stop } = await bench({ pageMax: 7 });
  const homes = Array.from({ length: 40 }, (_, n) => ({ person: `sim-1${n}`, gateway: `hub-1${n}` }));
  await book.setHomes(homes);
  await clock.advance(30_000);
  expect(new Set(told.map(({ gateway }) => gateway)).size).toBe(41);
  await stop();
});
