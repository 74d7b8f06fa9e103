import type { Clock } from "../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { Advertisement, GattLink, Radio } from "../../device-drivers/ports/gatt.ts";
import type { VirtualPeripheral } from "../peripherals/virtual-peripheral.ts";
import { AdvertisementMailbox } from "./advertisement-mailbox.ts";
import type { AirCommand } from "./air-command.ts";
import { AirConnection, type CentralEnd } from "./air-connection.ts";
import { type AirFaults, stillAir } from "./air-faults.ts";
import { AirLink, linkEnd } from "./air-link.ts";
import { AirPath } from "./air-path.ts";
import type { AirSubscription } from "./air-subscription.ts";

/**
 * The air between virtual devices and whoever listens, in one process. It keeps every promise of `ports/gatt.ts`, and
 * fails in the ways that `air-faults.ts` declares and `air-command.ts` commands, and in no other.
 */
export interface VirtualAir {
  /** A radio of the gateway's side. All who use it hear the same air; a device takes one connection at a time. */
  readonly radio: Radio;
  /** @param faults what is different on the way to this device */
  add(peripheral: VirtualPeripheral, faults?: Partial<AirFaults>): void;
  remove(address: string): void;
  /** The devices that are in this air, in the order in which they came. */
  peripherals(): readonly VirtualPeripheral[];
  /** Is this device within reach, and awake? A device that is connected may say that it is asleep. */
  isReachable(address: string): boolean;
  /** Does it advertise now: within reach, awake, and connected to nobody? */
  isAdvertising(address: string): boolean;
  /** Tells of every device that comes or goes, and of every command and of the adapter, until the function that it returns is called. */
  watch(hear: (change: AirChange) => void): () => void;
  /** The six digits that a device shows while it is being paired; null if it shows none. */
  shownPasskey(address: string): number | null;
  command(command: AirCommand): void;
  /** Plugs the adapter in or out. Without it nothing is heard, and every link is lost. */
  setAdapter(present: boolean): void;
  /** Calls back for each advertisement that is heard, until the signal is aborted. */
  listen(hear: (advertisement: Advertisement) => void, signal: AbortSignal): Promise<void>;
  /** Opens a connection below the GATT port. Rejects as `Radio.connect` does. */
  open(address: string, central: CentralEnd, signal: AbortSignal): Promise<AirConnection>;
}

export interface VirtualAirOptions {
  readonly clock: Clock;
  readonly seed: number;
  /** What is different from an air in which nothing fails and nothing takes time. */
  readonly faults?: Partial<AirFaults>;
  /** @default 500 */
  readonly advertisingIntervalMs?: number;
  /** Told of every link that begins or ends. */
  readonly watch?: (event: LinkEvent) => void;
}

export type AirChange =
  | { readonly type: "added"; readonly peripheral: VirtualPeripheral }
  | { readonly type: "removed"; readonly address: string }
  | { readonly type: "commanded"; readonly command: AirCommand }
  | { readonly type: "adapter"; readonly isPresent: boolean };

export interface LinkEvent {
  readonly type: "connected" | "disconnected";
  readonly address: string;
  /** Why it ended. */
  readonly reason: string | null;
}

export function createVirtualAir(options: VirtualAirOptions): VirtualAir {
  return new Air(options);
}

class Air implements VirtualAir {
  readonly radio: Radio;
  readonly #options: VirtualAirOptions;
  readonly #paths = new Map<string, AirPath>();
  readonly #connections = new Map<string, AirConnection>();
  /** Devices that a connection is on its way to. */
  readonly #dialled = new Set<string>();
  readonly #watchers = new Set<(change: AirChange) => void>();
  #hasAdapter = true;

  constructor(options: VirtualAirOptions) {
    this.#options = options;
    this.radio = {
      advertisements: (signal) => this.#advertisements(signal),
      connect: (address, signal) => this.#connect(address, signal),
    };
  }

  add(peripheral: VirtualPeripheral, faults: Partial<AirFaults> = {}): void {
    const all = { ...stillAir, ...this.#options.faults, ...faults };
    this.#paths.set(peripheral.address, new AirPath(peripheral, all, this.#options.seed));
    this.#tell({ type: "added", peripheral });
  }

  remove(address: string): void {
    this.#paths.delete(address);
    this.#connections.get(address)?.lose("the device was taken away");
    this.#tell({ type: "removed", address });
  }

  peripherals(): readonly VirtualPeripheral[] {
    return Array.from(this.#paths.values(), ({ peripheral }) => peripheral);
  }

  isReachable(address: string): boolean {
    return this.#hasAdapter && this.#paths.get(address)?.isReachable === true;
  }

  isAdvertising(address: string): boolean {
    return this.isReachable(address) && !this.#connections.has(address);
  }

  watch(hear: (change: AirChange) => void): () => void {
    this.#watchers.add(hear);
    return () => this.#watchers.delete(hear);
  }

  shownPasskey(address: string): number | null {
    return this.#paths.get(address)?.shownPasskey ?? null;
  }

  #tell(change: AirChange): void {
    for (const hear of this.#watchers) hear(change);
  }

  command(command: AirCommand): void {
    const path = this.#paths.get(command.address);
    if (path === undefined) throw gattErrors.make("misuse", "a command names a device that is not in this air");
    const loss = path.obey(command);
    if (loss !== null) this.#connections.get(command.address)?.lose(loss);
    this.#tell({ type: "commanded", command });
  }

  setAdapter(present: boolean): void {
    this.#hasAdapter = present;
    if (!present) {
      for (const connection of this.#connections.values()) connection.lose("the adapter was taken away");
    }
    this.#tell({ type: "adapter", isPresent: present });
  }

  async listen(hear: (advertisement: Advertisement) => void, signal: AbortSignal): Promise<void> {
    const intervalMs = this.#options.advertisingIntervalMs ?? 500;
    while (!signal.aborted) {
      for (const path of this.#paths.values()) this.#advertise(path, hear);
      try {
        await this.#options.clock.sleep(intervalMs, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  }

  async open(address: string, central: CentralEnd, signal: AbortSignal): Promise<AirConnection> {
    signal.throwIfAborted();
    const path = this.#reachable(address);
    if (this.#connections.has(address) || this.#dialled.has(address)) {
      throw gattErrors.make("connect-refused", "the device is connected to somebody else");
    }
    this.#dialled.add(address);
    try {
      await this.#dial(path, signal);
    } finally {
      this.#dialled.delete(address);
    }
    signal.throwIfAborted();
    const connection = new AirConnection(this.#reachable(address), this.#options.clock, central);
    // A device may end the link as soon as it is asked.
    if (connection.ended.aborted) return connection;
    this.#connections.set(address, connection);
    this.#options.watch?.({ type: "connected", address, reason: null });
    connection.ended.addEventListener("abort", () => this.#forget(address, connection.ended.reason), { once: true });
    return connection;
  }

  #forget(address: string, end: unknown): void {
    this.#connections.delete(address);
    const reason = end instanceof Error ? end.message : null;
    this.#options.watch?.({ type: "disconnected", address, reason });
  }

  async #dial(path: AirPath, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const fate = path.connectFate();
    if (fate === "times-out") {
      await clock.sleep(path.faults.connectTimeoutMs, signal);
      throw gattErrors.make("connect-timeout", "the device did not answer in time");
    }
    await clock.sleep(path.latencyMs(path.faults.connectLatencyMs), signal);
    if (fate === "is-refused") throw gattErrors.make("connect-refused", "the device refused the connection");
  }

  #reachable(address: string): AirPath {
    if (!this.#hasAdapter) throw gattErrors.make("adapter-absent", "there is no Bluetooth adapter");
    const path = this.#paths.get(address);
    if (path?.isReachable === true) return path;
    throw gattErrors.make("device-absent", "the device is not to be heard");
  }

  #advertise(path: AirPath, hear: (advertisement: Advertisement) => void): void {
    const { address, addressKind, name, services } = path.peripheral;
    if (!this.#hasAdapter || !path.isReachable || this.#connections.has(address)) return;
    const rssiDbm = path.advertisementRssiDbm();
    if (rssiDbm !== null) hear({ address, addressKind, name, services, rssiDbm });
  }

  async *#advertisements(signal: AbortSignal): AsyncGenerator<Advertisement, void> {
    const mailbox = new AdvertisementMailbox();
    const stopped = new AbortController();
    const listening = this.listen((heard) => mailbox.put(heard), AbortSignal.any([signal, stopped.signal]));
    try {
      yield* mailbox.take(signal);
    } finally {
      stopped.abort();
      await listening;
    }
  }

  async #connect(address: string, signal: AbortSignal): Promise<GattLink> {
    const subscriptions = new Map<number, AirSubscription>();
    const connection = await this.open(address, linkEnd(subscriptions), signal);
    return new AirLink(connection, subscriptions);
  }
}
