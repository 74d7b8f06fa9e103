import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import type { DeviceEvent } from "../../../simulators/peripherals/device-event.ts";
import { builtinScenarios, loadScenario, parseScenario } from "../../../simulators/scenario/load-scenario.ts";
import type { Scenario } from "../../../simulators/scenario/scenario.ts";
import { createWorld, type World } from "../../../simulators/scenario/world.ts";
import { sweepingGateway, type SweepingGateway } from "./sweeping-gateway.ts";

const startAt = Date.UTC(2026, 2, 1, 8);

interface Play {
  readonly clock: VirtualClock;
  readonly world: World;
  readonly events: readonly DeviceEvent[];
  readonly gateway: SweepingGateway;
}

interface PlayOptions {
  readonly seed?: number;
  readonly confirmsEarly?: boolean;
}

/** Starts a scenario beside a small gateway. */
function begin(
  scenario: Scenario,
  { seed = 1, confirmsEarly = false }: PlayOptions,
): Play & { readonly end: () => Promise<void> } {
  const clock = createVirtualClock(startAt);
  const events: DeviceEvent[] = [];
  const world = createWorld(scenario, { clock, seed, observe: (event) => events.push(event) });
  const gateway = sweepingGateway(world.air.radio, clock, { confirmsEarly });
  const ending = new AbortController();
  const running = Promise.all([world.run(ending.signal), gateway.run(ending.signal)]);
  const end = async (): Promise<void> => {
    ending.abort();
    await clock.runUntil(running);
  };
  return { clock, world, events, gateway, end };
}

/** Lets a scenario run for so much virtual time. */
async function play(scenario: Scenario, options: PlayOptions & { readonly forMs: number }): Promise<Play> {
  const stage = begin(scenario, options);
  await stage.clock.advance(options.forMs);
  await stage.end();
  return stage;
}

const digest = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex");

const keyOf = ({ device, characteristic, hex }: DeviceEvent): string => `${device.address} ${characteristic} ${hex}`;

test.each(builtinScenarios())("the scenario %s is valid, and every device comes to show what it took", async (name) => {
  const stage = begin(loadScenario(name), {});
  const showing = (): number =>
    new Set(stage.events.filter(({ event }) => event === "shown").map(({ device }) => device.address)).size;
  const deadlineMs = 600_000;
  // Who reads here pairs with nobody.
  const paired = stage.world.stations.filter(({ description }) => !description.unpaired);
  while (showing() < paired.length && stage.clock.monotonicMs() < deadlineMs) {
    await stage.clock.advance(1_000);
  }
  await stage.end();
  expect(showing()).toBe(paired.length);
});

test("the same seed gives the same bytes, another seed another life", async () => {
  const scenario = loadScenario("clinic");
  const lives = await Promise.all([1, 1, 2].map((seed) => play(scenario, { seed, forMs: 45_000 })));
  const digests = lives.map(({ events, gateway }) => digest([events, [...gateway.kept], gateway.failures]));
  expect(lives[0]?.gateway.failures.length).toBeGreaterThan(3);
  expect(digests[1]).toBe(digests[0]);
  expect(digests[2]).not.toBe(digests[0]);
});

test("what devices showed is what a gateway kept, faults or not", async () => {
  for (const name of ["clinic", "forgetful-cuff", "counter-reset", "odd-models"]) {
    const { events, gateway } = await play(loadScenario(name), { forMs: 90_000 });
    const shown = events.filter(({ event, characteristic }) => event === "shown" && characteristic !== "2B36");
    const missing = shown.filter((event) => !gateway.kept.has(keyOf(event)));
    // A notification may be on its way to a gateway whose link ends meanwhile; the meter has it still.
    expect(missing.filter(({ characteristic }) => characteristic === "2A35")).toEqual([]);
    expect(shown.length).toBeGreaterThan(30);
  }
});

test("a gateway that confirms before it keeps loses readings to the cuff that forgets", async () => {
  const scenario = loadScenario("forgetful-cuff");
  const { events, gateway } = await play(scenario, { forMs: 90_000, confirmsEarly: true });
  const shown = events.filter(({ event }) => event === "shown");
  const lost = shown.filter((event) => !gateway.kept.has(keyOf(event)));
  expect(lost.length).toBeGreaterThan(0);
});

const small = (more: string): Scenario =>
  parseScenario(
    `
name: small
about: A test.
people: [{ reference: sim-0001 }]
devices: [{ name: meter, kind: glucose-meter, owner: sim-0001, awake: { every: 1s, for: 1s } }]
${more}`,
    "small",
  );

test("people measure at their times of the day, day after day", async () => {
  const scenario = small('rhythms: [{ device: meter, person: sim-0001, at: ["19:00", "07:15"] }]');
  const clock = createVirtualClock(startAt);
  const times: (string | null)[] = [];
  const world = createWorld(scenario, { clock, seed: 1, observe: ({ deviceTime }) => times.push(deviceTime) });
  const ending = new AbortController();
  const running = world.run(ending.signal);
  await clock.advance(3 * 86_400_000);
  ending.abort();
  await clock.runUntil(running);
  expect(times).toEqual([
    "2026-03-01T19:00:00",
    "2026-03-02T07:15:00",
    "2026-03-02T19:00:00",
    "2026-03-03T07:15:00",
    "2026-03-03T19:00:00",
    "2026-03-04T07:15:00",
  ]);
});

test("a device that vanishes is absent for as long as it was said, and again when the event repeats", async () => {
  const scenario = small("events: [{ at: 5s, every: 20s, device: meter, do: { type: vanish, for: 10s } }]");
  const clock = createVirtualClock(startAt);
  const world = createWorld(scenario, { clock, seed: 1 });
  const ending = new AbortController();
  const running = world.run(ending.signal);
  const { address } = world.device("meter");
  const isThere = async (): Promise<boolean> => {
    const link = await world.air.radio.connect(address, ending.signal).catch(() => null);
    await link?.close();
    return link !== null;
  };
  const presence: boolean[] = [];
  for (const waitMs of [4_900, 200, 9_800, 200, 19_800, 200]) {
    await clock.advance(waitMs);
    presence.push(await isThere());
  }
  expect(presence).toEqual([true, false, false, true, true, false]);
  ending.abort();
  await clock.runUntil(running);
});

test("an event may make somebody measure, a strip fail, or the meter be checked", async () => {
  const scenario = small(`
events:
  - { at: 1s, device: meter, do: { type: measure, person: sim-0001, times: 2 } }
  - { at: 2s, device: meter, do: { type: measure } }
  - { at: 3s, device: meter, do: { type: control-solution } }
  - { at: 4s, device: meter, do: { type: failed-measurement, person: sim-0001 } }`);
  const { events } = await play(scenario, { forMs: 5_000 });
  const taken = events.filter(({ event }) => event === "taken").map(({ kind, person }) => `${kind} of ${person}`);
  expect(taken).toEqual([
    "reading of sim-0001",
    "reading of sim-0001",
    "reading of null",
    "control-solution of null",
    "fault of sim-0001",
  ]);
});

test("a device's memory may hold a history, oldest first, that ends yesterday", () => {
  const scenario = parseScenario(
    `
name: old
about: A test.
people: [{ reference: sim-0001 }, { reference: sim-0002 }]
devices:
  - { name: cuff, kind: blood-pressure-cuff, users: [sim-0001, sim-0002], history: { days: 5, perDay: 2 } }`,
    "old",
  );
  const events: DeviceEvent[] = [];
  createWorld(scenario, { clock: createVirtualClock(startAt), seed: 1, observe: (event) => events.push(event) });
  const times = events.map(({ deviceTime }) => deviceTime ?? "");
  expect(times).toHaveLength(10);
  expect(times).toEqual(times.toSorted((left, right) => left.localeCompare(right)));
  expect(times.at(0)?.slice(0, 10)).toBe("2026-02-24");
  expect(times.at(-1)?.slice(0, 10)).toBe("2026-02-28");
  expect(new Set(events.map(({ userSlot, person }) => `${userSlot} ${person}`))).toEqual(
    new Set(["1 sim-0001", "2 sim-0002"]),
  );
});

test("the roster says whose each device is", () => {
  const { roster } = createWorld(loadScenario("home-day"), { clock: createVirtualClock(startAt), seed: 1 });
  expect(roster).toMatchObject({
    scenario: "home-day",
    people: ["sim-0001", "sim-0002"],
    devices: [
      { name: "kitchen-meter", person: "sim-0001", userSlots: [], systemId: "C05349FFFE4D0001" },
      { name: "bedroom-cuff", person: null, userSlots: [{ slot: 1, person: "sim-0001" }, { slot: 2 }] },
    ],
  });
});
