import type { Clock } from "../../device-drivers/ports/clock.ts";
import { crowdedAir, homeAir, stillAir } from "../air/air-faults.ts";
import { createVirtualAir, type LinkEvent, type VirtualAir } from "../air/virtual-air.ts";
import type { DeviceObserver } from "../peripherals/device-event.ts";
import { buildStations, faultsOf, type Station } from "./build-device.ts";
import { fillHistory } from "./fill-history.ts";
import { MeasuringDesk } from "./measuring-desk.ts";
import { PersonTime } from "./person-time.ts";
import { keepRhythm } from "./rhythm.ts";
import { type Roster, rosterOf } from "./roster.ts";
import type { Cue, Scenario } from "./scenario.ts";
import { playCue, playEvent } from "./scripted-event.ts";

/** A scenario come alive: an air with devices in it, and people who use them. */
export interface World {
  readonly air: VirtualAir;
  readonly stations: readonly Station[];
  readonly roster: Roster;
  /** The device of this name. Throws `RangeError` if there is none. */
  device(name: string): Station["device"];
  /** Lets people measure and events happen, until the signal is aborted; then it resolves. */
  run(signal: AbortSignal): Promise<void>;
  /** Lets something happen now. Throws `RangeError` if it is to happen to a device that is not there. */
  cue(cue: Cue, signal: AbortSignal): Promise<void>;
}

export interface WorldPorts {
  readonly clock: Clock;
  readonly seed: number;
  readonly observe?: DeviceObserver;
  readonly watch?: (event: LinkEvent) => void;
}

/** The same scenario, seed and start give the same world, to the octet, under a virtual clock. */
export function createWorld(scenario: Scenario, ports: WorldPorts): World {
  const { clock, seed, observe = () => {}, watch = () => {} } = ports;
  const faults = { ...airs[scenario.air], ...faultsOf(scenario.faults) };
  const air = createVirtualAir({ clock, seed, faults, watch });
  const stations = buildStations({ clock, observe }, scenario);
  for (const { description, device } of stations) {
    air.add(device, faultsOf(description.faults));
    if (description.unpaired) air.command({ type: "forget-bond", address: device.address });
  }
  const time = new PersonTime(clock, scenario);
  const desk = new MeasuringDesk({ scenario, seed, time });
  fillHistory({ desk, time, scenario }, stations);
  const cueRandom = desk.random("cue");
  return {
    air,
    stations,
    roster: rosterOf(scenario, stations),
    device: (name) => stationOf(stations, name).device,
    run: async (signal) => {
      const rhythms = scenario.rhythms.map(async (rhythm, index) => {
        const station = stationOf(stations, rhythm.device);
        const random = desk.random("rhythm", index);
        const beat = (): void => desk.measure(station, rhythm.person, { random });
        await keepRhythm(rhythm, { clock, random, utcOffsetMin: scenario.utcOffsetMin }, { beat, signal });
      });
      const events = scenario.events.map(async (event, index) => {
        await playEvent(event, { clock, air, desk, stations, random: desk.random("event", index) }, signal);
      });
      await untilAborted(Promise.all([...rhythms, ...events, aborted(signal)]), signal);
    },
    cue: async (cue, signal) => {
      if (cue.device !== undefined) stationOf(stations, cue.device);
      await untilAborted(playCue(cue, { clock, air, desk, stations, random: cueRandom }, signal), signal);
    },
  };
}

const airs = { still: stillAir, home: homeAir, crowded: crowdedAir };

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function stationOf(stations: readonly Station[], name: string): Station {
  const station = stations.find(({ description }) => description.name === name);
  if (station === undefined) throw new RangeError(`the scenario has no device "${name}"`);
  return station;
}

async function untilAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
