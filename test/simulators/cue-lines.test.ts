import { expect, test } from "vitest";
import { createVirtualClock, type VirtualClock } from "../../simulators/clock/virtual-clock.ts";
import { playCueLines } from "../../simulators/cue-lines.ts";
import type { DeviceEvent } from "../../simulators/peripherals/device-event.ts";
import { loadScenario } from "../../simulators/scenario/load-scenario.ts";
import { createWorld, type World } from "../../simulators/scenario/world.ts";

interface Stage {
  readonly world: World;
  readonly clock: VirtualClock;
  readonly events: readonly DeviceEvent[];
  readonly play: (...lines: readonly string[]) => Promise<readonly string[]>;
}

function stageOf(scenario: string): Stage {
  const events: DeviceEvent[] = [];
  const observe = (event: DeviceEvent): void => void events.push(event);
  const clock = createVirtualClock(0);
  const world = createWorld(loadScenario(scenario), { clock, seed: 1, observe });
  // What was in the memories from the beginning.
  events.length = 0;
  return {
    world,
    clock,
    events,
    play: async (...lines) => {
      const refused: string[] = [];
      const source = { lines: toLines(lines), refuse: ({ message }: Error): void => void refused.push(message) };
      await playCueLines(world, source, new AbortController().signal);
      return refused;
    },
  };
}

async function* toLines(lines: readonly string[]): AsyncGenerator<string, void> {
  yield* lines;
}

test("a cue lets somebody measure at once, with the remark that it asks for", async () => {
  const { play, events } = stageOf("kiosk");
  const refused = await play(
    JSON.stringify({ device: "kiosk-cuff", do: { type: "measure", person: "sim-0001", remark: "body-movement" } }),
    "",
    JSON.stringify({ device: "home-meter", do: { type: "measure", person: "sim-0001" } }),
  );
  expect(refused).toEqual([]);
  expect(events.map(({ event, characteristic, person }) => [event, characteristic, person])).toEqual([
    ["taken", "2A35", "sim-0001"],
    ["taken", "2A18", "sim-0001"],
  ]);
  // Measurement Status is the last field of 2A35, and body movement its first bit.
  expect(events[0]?.hex.slice(-4)).toBe("0100");
});

test("what is no cue is refused with what there is, and the next is played", async () => {
  const { play, events } = stageOf("kiosk");
  const refused = await play(
    "measure",
    JSON.stringify({ device: "kiosk-cuff", do: { type: "explode" } }),
    JSON.stringify({ device: "lobby-cuff", do: { type: "wake" } }),
    JSON.stringify({ do: { type: "wake" } }),
    JSON.stringify({ device: "kiosk-cuff", do: { type: "measure" } }),
  );
  expect(refused).toEqual([
    expect.stringContaining("a cue is not understood"),
    expect.stringContaining("do"),
    "a cue names no device of the scenario; they are kiosk-cuff, home-cuff, home-meter, regular-cuff, regular-meter",
    "a cue names no device of the scenario; they are kiosk-cuff, home-cuff, home-meter, regular-cuff, regular-meter",
  ]);
  expect(events.length).toBe(1);
});

test("a cue takes the adapter away and gives it back", async () => {
  const { play, world } = stageOf("home-day");
  const address = world.device("kitchen-meter").address;
  await play(JSON.stringify({ do: { type: "adapter", present: false } }));
  expect(world.air.isReachable(address)).toBe(false);
  await play(JSON.stringify({ do: { type: "adapter", present: true } }));
  expect(world.air.isReachable(address)).toBe(true);
});

test("a device fresh from its box has no bond, and every other has one", async () => {
  const { world, clock } = stageOf("kiosk");
  const { signal } = new AbortController();
  const isBonded = async (device: string): Promise<boolean> => {
    await world.cue({ device, do: { type: "wake" } }, signal);
    const link = await clock.runUntil(world.air.radio.connect(world.device(device).address, signal));
    return link.bonded;
  };
  expect([await isBonded("kiosk-cuff"), await isBonded("home-cuff"), await isBonded("home-meter")]).toEqual([
    true,
    false,
    false,
  ]);
});
