import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { VirtualAir } from "../air/virtual-air.ts";
import { realClock } from "../clock/real-clock.ts";
import type { AdapterTrouble } from "./adapter.ts";
import { BluezDaemon, type Machine } from "./bluez-daemon.ts";
import type { DaemonHabits } from "./device-home.ts";
import { KnownDevices, type KnownDevice } from "./known-devices.ts";
import { longUuid } from "./uuid.ts";

export interface SimulatedBluezOptions {
  /** All of the daemon's waiting is by it; `pacedClock` makes it shorter. @default the machine's */
  readonly clock?: Clock;
  /** @default one adapter, hci0 */
  readonly adapters?: readonly { readonly name: string; readonly address: string }[];
  /**
   * The devices of the air with which the adapters are bonded from the start. `all` also bonds devices that come into the
   * air later. @default "all", as everywhere in a virtual air
   */
  readonly bonds?: "all" | "none";
  readonly habits?: Partial<DaemonHabits>;
}

/** A simulated bluetoothd, and the hands that pull its plugs. Adapters are named as `hci0`; none means the first. */
export interface SimulatedBluez {
  readonly daemon: {
    /** Its name vanishes from the bus; nothing else is said. Links end. What it has stored stays. */
    kill(): void;
    /** Idempotent. */
    start(): Promise<void>;
  };
  readonly adapter: {
    /** Unplugged: its devices go, then itself. */
    remove(name?: string): void;
    /** Plugged in again, powered, with the bonds that are stored for it. */
    add(name?: string): void;
    /** As somebody else on the bus sets it. */
    setPowered(isPowered: boolean, name?: string): Promise<void>;
    /** Hears nothing, although discovery goes on, until it is mended by what is named. */
    silence(until: Exclude<AdapterTrouble["silence"], "none">, name?: string): void;
    /** Setting Powered has no effect, and nothing is heard, until it was unplugged and plugged in again. */
    hang(name?: string): void;
  };
  readonly bonds: {
    /** The addresses of the devices with which there is a bond. */
    list(name?: string): readonly string[];
  };
  /** May be changed at any time. */
  readonly habits: DaemonHabits;
  /** Idempotent. */
  stop(): Promise<void>;
}

/**
 * Exports the devices of an air as the objects of org.bluez on a message bus, as bluetoothd 5.66 does. It follows the
 * air: without an adapter there, there is none here.
 * Rejects with `bus-unavailable`.
 */
export async function serveBluez(
  air: VirtualAir,
  bus: { readonly address: string },
  options: SimulatedBluezOptions = {},
): Promise<SimulatedBluez> {
  const bluez = new Bluez(air, bus.address, options);
  await bluez.daemon.start();
  return bluez;
}

const defaultHabits: DaemonHabits = { resolveMs: 30, replyDelayMs: 0, tellsResolvedFirst: false };
const onlyAdapter = [{ name: "hci0", address: "00:1E:B1:00:00:01" }];

class Bluez implements SimulatedBluez {
  readonly habits: DaemonHabits;
  readonly daemon = { kill: () => this.#kill(), start: () => this.#start() };
  readonly adapter = {
    remove: (name?: string) => this.#unplug(this.#machine(name)),
    add: (name?: string) => this.#plug(this.#machine(name)),
    setPowered: async (isPowered: boolean, name?: string) =>
      await this.#running?.setPowered(this.#machine(name), isPowered),
    silence: (until: Exclude<AdapterTrouble["silence"], "none">, name?: string) => {
      this.#machine(name).trouble.silence = until;
    },
    hang: (name?: string) => {
      this.#machine(name).trouble.isHung = true;
    },
  };
  readonly bonds = { list: (name?: string) => this.#machine(name).known.bonded() };
  readonly #air: VirtualAir;
  readonly #address: string;
  readonly #clock: Clock;
  readonly #machines: readonly Machine[];
  readonly #unwatch: () => void;
  #running: BluezDaemon | null = null;
  #starting: Promise<void> | null = null;

  constructor(air: VirtualAir, address: string, options: SimulatedBluezOptions) {
    this.#air = air;
    this.#address = address;
    this.#clock = options.clock ?? realClock;
    this.habits = { ...defaultHabits, ...options.habits };
    this.#machines = (options.adapters ?? onlyAdapter).map(({ name, address: own }) => ({
      name,
      address: own,
      known: new KnownDevices(),
      trouble: { silence: "none", isHung: false },
      isPlugged: true,
    }));
    const bondsAll = options.bonds !== "none";
    if (bondsAll) for (const peripheral of air.peripherals()) this.#bond(peripheral);
    this.#unwatch = air.watch((change) => {
      if (change.type === "added" && bondsAll) this.#bond(change.peripheral);
      if (change.type === "adapter") for (const machine of this.#machines) this.#setPlugged(machine, change.isPresent);
    });
  }

  async stop(): Promise<void> {
    this.#unwatch();
    await this.#starting?.catch(() => undefined);
    this.#kill();
  }

  #kill(): void {
    this.#running?.die();
    this.#running = null;
    for (const { trouble } of this.#machines) {
      if (trouble.silence === "until-daemon-restart") trouble.silence = "none";
    }
  }

  async #start(): Promise<void> {
    if (this.#running !== null) return;
    this.#starting ??= this.#run().finally(() => {
      this.#starting = null;
    });
    await this.#starting;
  }

  async #run(): Promise<void> {
    const ports = { air: this.#air, clock: this.#clock, habits: this.habits };
    this.#running = await BluezDaemon.start(ports, this.#address, this.#machines);
  }

  #setPlugged(machine: Machine, isPlugged: boolean): void {
    if (isPlugged) this.#plug(machine);
    else this.#unplug(machine);
  }

  #unplug(machine: Machine): void {
    machine.isPlugged = false;
    this.#running?.unplug(machine);
  }

  #plug(machine: Machine): void {
    if (machine.isPlugged) return;
    machine.isPlugged = true;
    Object.assign(machine.trouble, { silence: "none", isHung: false });
    this.#running?.plug(machine);
  }

  /** The bond is there before the daemon has heard of the device: it is known, and so has an object. */
  #bond({ address, addressKind, name, services }: Parameters<VirtualAir["add"]>[0]): void {
    const known: KnownDevice = {
      address,
      addressKind,
      name,
      alias: null,
      uuids: services.map(longUuid),
      isTrusted: false,
      isBlocked: false,
      isBonded: true,
    };
    for (const machine of this.#machines) {
      const own = { ...known };
      machine.known.keep(own);
      this.#running?.know(machine, own);
    }
  }

  #machine(name: string | undefined): Machine {
    const found = this.#machines.find((machine) => name === undefined || machine.name === name);
    if (found === undefined) throw new RangeError(`there is no adapter ${name}`);
    return found;
  }
}
