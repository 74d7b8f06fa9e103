import { type AirAddress, addressText, serveAir } from "./air/air-server.ts";
import { createVirtualAir, type LinkEvent } from "./air/virtual-air.ts";
import { playCueLines } from "./cue-lines.ts";
import { exportBluez } from "./bluez/export-bluez.ts";
import { realClock } from "./clock/real-clock.ts";
import { openJournal } from "./journal.ts";
import { type BluetoothPlaces, serveBluetooth } from "./bluetooth/serve-bluetooth.ts";
import type { DeviceEvent } from "./peripherals/device-event.ts";
import type { ReplayDevice } from "./replay/replay-device.ts";
import type { Scenario } from "./scenario/scenario.ts";
import { createWorld } from "./scenario/world.ts";

export interface SimulationOptions {
  /** Null where only recorded devices are in the air. */
  readonly scenario: Scenario | null;
  /** Devices that are played from recordings. */
  readonly replayed?: readonly ReplayDevice[];
  readonly seed: number;
  readonly address: AirAddress;
  /** Where the devices are Bluetooth peripherals as well. */
  readonly hci?: Pick<BluetoothPlaces, "socket" | "vhci"> | null;
  /** The address of a message bus on which the devices are objects of `org.bluez` as well, or `private` for a new one. */
  readonly bluez?: string | null;
  /** Null keeps none. */
  readonly journalPath: string | null;
  /** From its abortion on nobody measures any more; the devices stay in the air, with what they hold. */
  readonly rest?: AbortSignal;
  /** What is to happen besides the scenario: see `cue-lines.ts`. */
  readonly cues?: AsyncIterable<string> | null;
}

/** What a simulation says while it runs. */
export type SimulationNote =
  | {
      readonly event: "ready";
      readonly scenario: string;
      readonly seed: number;
      readonly socket: string | null;
      readonly port: number | null;
      /** The bus on which `org.bluez` is. */
      readonly bluez: string | null;
      readonly devices: number;
    }
  | { readonly event: "resting"; readonly at: number }
  | { readonly event: "refused-cue"; readonly at: number; readonly message: string }
  /** Six digits on a device that is being paired. */
  | { readonly event: "shows"; readonly at: number; readonly name: string; readonly digits: string }
  | (DeviceEvent & { readonly name: string })
  | {
      readonly event: "connected" | "disconnected";
      readonly at: number;
      readonly name: string;
      readonly reason: string | null;
    };

/**
 * Lets a scenario run in real time and serves its air, until the signal is aborted.
 * @throws CarepostError `air-unavailable` or `journal-unwritable`
 */
export async function simulate(
  options: SimulationOptions,
  tell: (note: SimulationNote) => void,
  signal: AbortSignal,
): Promise<void> {
  const { scenario, replayed = [], seed, journalPath, rest, cues = null, hci = null, bluez = null } = options;
  const journal = journalPath === null ? null : openJournal(journalPath);
  const names = new Map<string, string>();
  const nameOf = (address: string): string => names.get(address) ?? address;
  const failed = new AbortController();
  const ending = AbortSignal.any([signal, failed.signal]);
  const observe = (event: DeviceEvent): void => {
    try {
      journal?.write(event);
    } catch (error) {
      // A device cannot do anything about it; the simulation without its oracle is worth nothing.
      failed.abort(error);
    }
    // What was in the memories from the beginning is for the journal alone.
    if (names.size > 0) tell({ ...event, name: nameOf(event.device.address) });
  };
  const watch = ({ type, address, reason }: LinkEvent): void =>
    tell({ event: type, at: realClock.now(), name: nameOf(address), reason });
  const world = scenario === null ? null : createWorld(scenario, { clock: realClock, seed, observe, watch });
  const air = world?.air ?? createVirtualAir({ clock: realClock, seed, watch });
  for (const { name, address } of world?.roster.devices ?? []) names.set(address, name);
  for (const { name, peripheral } of replayed) {
    air.add(peripheral);
    names.set(peripheral.address, name);
  }
  const server = await serveAir(air, options.address, ending);
  if (hci !== null) {
    const show = (address: string, digits: string): void =>
      tell({ event: "shows", at: realClock.now(), name: nameOf(address), digits });
    await serveBluetooth(air, { ...hci, seed, show }, ending).catch((error: unknown) => {
      failed.abort(error);
      throw error;
    });
  }
  const exported =
    bluez === null
      ? null
      : await exportBluez(air, bluez).catch((error: unknown) => {
          failed.abort(error);
          throw error;
        });
  const isPath = typeof server.address === "string";
  tell({
    event: "ready",
    scenario: scenario?.name ?? "replay",
    seed,
    socket: isPath ? addressText(server.address) : null,
    port: typeof server.address === "string" ? null : server.address.port,
    bluez: exported?.address ?? null,
    devices: (world?.stations.length ?? 0) + replayed.length,
  });
  if (world !== null && cues !== null) {
    const refuse = ({ message }: Error): void => tell({ event: "refused-cue", at: realClock.now(), message });
    playCueLines(world, { lines: cues, refuse }, ending).catch((error: unknown) => failed.abort(error));
  }
  await world?.run(rest === undefined ? signal : AbortSignal.any([signal, rest]));
  if (world !== null && !signal.aborted) tell({ event: "resting", at: realClock.now() });
  await server.ended;
  await exported?.stop();
  journal?.close();
}
