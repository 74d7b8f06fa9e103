import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import type { Advertisement, GattLink } from "../../../device-drivers/ports/gatt.ts";
import type { Log } from "../../../device-drivers/ports/log.ts";
import { abortable } from "../abortable.ts";
import type { Bond, ManagedRadio, PairingRequest, RadioAbilities, RadioEvent, RepairRung } from "../managed-radio.ts";
import type { PairingDialogue } from "../pairing.ts";
import { RadioEventFeed } from "../radio-event-feed.ts";
import { adapterReady, adaptersOf, type BluezAdapter, setPowered } from "./bluez-adapters.ts";
import { openBluezBus } from "./bluez-bus.ts";
import { type ConnectionTimes, defaultTimes } from "./bluez-connection.ts";
import { adapterFailure } from "./bluez-failure.ts";
import { BluezKeeper } from "./bluez-keeper.ts";
import { DBusFailure, dbusErrors } from "./dbus-failure.ts";
import { type BluezObjects, mirrorBluezObjects } from "./bluez-objects.ts";
import { BluezSession } from "./bluez-session.ts";
import { type BluezPairing, bluezPairing } from "./pairing.ts";
import { within } from "../within.ts";

export interface BluezOptions {
  /** `hci0`, an address, or null for the first that is powered. */
  readonly adapter: string | null;
  /** The D-Bus address; else DBUS_SYSTEM_BUS_ADDRESS; else the system bus. */
  readonly address?: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Starts bluetoothd anew; null if the gateway may not. */
  readonly restartDaemon: (() => Promise<void>) | null;
  /** Hears only devices that advertise one of these services; see `DiscoveryOptions`. */
  readonly services?: readonly string[];
  readonly times?: Partial<BluezTimes>;
}

export interface BluezTimes extends ConnectionTimes {
  /** Longer than the 30 s of ATT (Core Vol 3 Part F 3.3.3), after which bluetoothd itself ends the link. */
  readonly operationTimeoutMs: number;
  readonly scanPeriodMs: number;
  /** How long a repair may take until the adapter is ready again. */
  readonly repairTimeoutMs: number;
}

const usualTimes: BluezTimes = {
  ...defaultTimes,
  operationTimeoutMs: 32_000,
  scanPeriodMs: 5_000,
  repairTimeoutMs: 30_000,
};

/**
 * The radio of a Linux machine, through bluetoothd. It resolves also when there is no bluetoothd or no adapter yet:
 * then everything but `events` rejects with `adapter-absent` until there is.
 */
export async function openBluezRadio(options: BluezOptions): Promise<ManagedRadio> {
  const radio = new BluezRadio(options);
  await radio.open();
  return radio;
}

/** The adapters that bluetoothd has now. Rejects with `adapter-absent` if it cannot be asked. */
export async function listBluezAdapters(place: { readonly address?: string } = {}): Promise<readonly BluezAdapter[]> {
  try {
    const bus = await openBluezBus(place);
    try {
      const objects = await mirrorBluezObjects(bus);
      const hangs = objects.owner !== null && objects.daemon === "down";
      if (hangs) throw new DBusFailure(dbusErrors.noReply, "bluetoothd does not answer");
      return adaptersOf(objects);
    } finally {
      await bus.close();
    }
  } catch (cause) {
    throw adapterFailure(cause);
  }
}

class BluezRadio implements ManagedRadio {
  readonly kind = "bluez";
  readonly abilities: RadioAbilities = {
    pairing: ["just-works", "passkey-entry", "passkey-shown", "numeric-comparison", "pin"],
    holdsConfirmations: false,
  };
  readonly rungs: readonly RepairRung[];
  readonly #options: BluezOptions;
  readonly #times: BluezTimes;
  readonly #feed = new RadioEventFeed();
  #keeper: BluezKeeper<AdapterWork> | null = null;
  #name: string;

  constructor(options: BluezOptions) {
    this.#options = options;
    this.#times = { ...usualTimes, ...options.times };
    this.#name = options.adapter ?? "bluez";
    this.rungs = options.restartDaemon === null ? gentleRungs : [...gentleRungs, "restart-daemon"];
  }

  get adapter(): string {
    return this.#name;
  }

  async open(): Promise<void> {
    this.#keeper ??= new BluezKeeper<AdapterWork>({
      busAddress: this.#options.address ?? null,
      clock: this.#options.clock,
      wanted: this.#options.adapter,
      tell: (event) => this.#tell(event),
      begin: (objects, adapter) => this.#begin(objects, adapter),
    });
    await this.#keeper.attempted;
  }

  async *advertisements(signal: AbortSignal): AsyncGenerator<Advertisement, void> {
    if (signal.aborted) return;
    const { session } = await this.#work();
    yield* session.advertisements(signal);
  }

  async connect(address: string, signal: AbortSignal): Promise<GattLink> {
    signal.throwIfAborted();
    const { session } = await abortable(this.#work(), signal);
    // The work notices the abortion itself, and lets the device go; only the answer does not wait for that.
    return await session.connect(address, signal);
  }

  events(signal: AbortSignal): AsyncIterable<RadioEvent> {
    return this.#feed.events(signal);
  }

  async pair(request: PairingRequest, dialogue: PairingDialogue, signal: AbortSignal): Promise<Bond> {
    const work = await abortable(this.#work(), signal);
    try {
      return await work.pairing.pair(request, dialogue, signal);
    } finally {
      work.endPairing();
    }
  }

  async bonds(): Promise<readonly Bond[]> {
    const { pairing } = await this.#work();
    return pairing.bonds();
  }

  async forget(address: string): Promise<boolean> {
    const { pairing } = await this.#work();
    return await pairing.forget(address);
  }

  async repair(rung: RepairRung, signal: AbortSignal): Promise<void> {
    const late = (): Error => gattErrors.make("operation-timeout", `the repair ${rung} took too long`);
    const bound = { clock: this.#options.clock, durationMs: this.#times.repairTimeoutMs, signal, late };
    await within(bound, (inTime) => abortable(this.#take(rung, inTime), inTime));
  }

  async close(): Promise<void> {
    const keeper = this.#keeper;
    this.#keeper = null;
    await keeper?.close();
  }

  async #take(rung: RepairRung, signal: AbortSignal): Promise<void> {
    if (rung === "restart-daemon") return await this.#restartDaemon(signal);
    const { session, adapter, objects } = await this.#work();
    if (rung === "power-cycle") {
      await setPowered(objects, adapter.path, false);
      await setPowered(objects, adapter.path, true);
      const durationMs = this.#times.repairTimeoutMs;
      await adapterReady(objects, { path: adapter.path, clock: this.#options.clock, durationMs, signal });
    }
    await session.discovery.restart().catch((cause: unknown) => {
      throw adapterFailure(cause);
    });
  }

  async #restartDaemon(signal: AbortSignal): Promise<void> {
    const { restartDaemon, clock } = this.#options;
    if (restartDaemon === null) throw gattErrors.make("adapter-absent", "the gateway may not restart bluetoothd");
    await this.open();
    await restartDaemon();
    const work = this.#keeper?.work ?? null;
    if (work === null) return;
    const durationMs = this.#times.repairTimeoutMs;
    await adapterReady(work.objects, { path: work.adapter.path, clock, durationMs, signal });
  }

  async #work(): Promise<AdapterWork> {
    await this.open();
    const work = this.#keeper?.work ?? null;
    if (work === null) throw gattErrors.make("adapter-absent", "there is no bluetoothd, or no such adapter");
    return work;
  }

  async #begin(objects: BluezObjects, adapter: BluezAdapter): Promise<AdapterWork> {
    const { clock, services = null } = this.#options;
    this.#name = adapter.name;
    const tell = (event: RadioEvent): void => this.#tell(event);
    const session = new BluezSession({
      objects,
      clock,
      adapter: adapter.path,
      times: this.#times,
      operationTimeoutMs: this.#times.operationTimeoutMs,
      services,
      scanPeriodMs: this.#times.scanPeriodMs,
      tell,
    });
    const quiet = quietAfterHearing(session);
    const pairing = await bluezPairing({
      objects,
      adapter: adapter.path,
      clock,
      tell,
      hearing: quiet.hearing,
      refused: (device) => session.refused(device),
    });
    const close = async (): Promise<void> => {
      await pairing.close();
      await session.close();
    };
    return { objects, adapter, session, pairing, endPairing: quiet.end, close };
  }

  #tell(event: RadioEvent): void {
    this.#options.log.info("radio-event", { reason: event.type });
    this.#feed.tell(event);
  }
}

const gentleRungs: readonly RepairRung[] = ["restart-scan", "power-cycle"];

interface AdapterWork {
  readonly objects: BluezObjects;
  readonly adapter: BluezAdapter;
  readonly session: BluezSession;
  readonly pairing: BluezPairing;
  endPairing(): void;
  close(): Promise<void>;
}

/** While a device is looked for, the adapter hears; once it is found it is connected to, and then hearing would be in the way. */
function quietAfterHearing({ discovery }: BluezSession): {
  readonly hearing: <T>(work: () => Promise<T>) => Promise<T>;
  readonly end: () => void;
} {
  let goOn = (): void => undefined;
  return {
    hearing: async (work) => {
      await discovery.hear();
      try {
        return await work();
      } finally {
        goOn();
        goOn = await discovery.pause();
        await discovery.unhear();
      }
    },
    end: () => goOn(),
  };
}
