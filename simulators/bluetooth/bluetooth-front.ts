import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { AirChange, VirtualAir } from "../air/virtual-air.ts";
import type { VirtualPeripheral } from "../peripherals/virtual-peripheral.ts";
import type { Controller } from "./controller/controller.ts";
import { VirtualDevice } from "./host/virtual-device.ts";
import type { WantedParameters } from "./l2cap/le-signalling.ts";
import type { Medium } from "./medium/medium.ts";
import type { PairingEvent, PairingPerson } from "./smp/security-manager.ts";

/** An air's devices as Bluetooth peripherals. */
export interface BluetoothFront {
  /** The controller of a device, by its address in the air; null if there is no such device. */
  controller(address: string): Controller | null;
  /** The address that it uses on the air now: its own, or a private one that changes. */
  addressOf(address: string): string | null;
  /** Takes every device off the air. The air itself goes on. */
  close(): void;
}

export interface BluetoothFrontOptions {
  readonly clock: Clock;
  /** Keys, passkeys and private addresses are drawn from it. */
  readonly seed: number;
  /** The largest ATT MTU that the devices take; 247 unless told. */
  readonly mtuMax?: number;
  /** Who holds the devices. Unless told: somebody who agrees to everything, and types nothing. */
  readonly person?: Partial<DevicePerson>;
  /** Do subscriptions of bonded clients outlive the connection, as the specification has it, or end with it? */
  readonly keepsSubscriptions?: boolean;
  /** Connection parameters that the devices ask for; none unless told. */
  readonly wantedParameters?: WantedParameters;
  /** Told what becomes visible at a device, and what became of each pairing. */
  readonly tell?: (event: BluetoothFrontEvent) => void;
}

/** `PairingPerson` for many devices: each question says at which one. */
export interface DevicePerson {
  allowsPairing(address: string): Promise<boolean>;
  enterPasskey(address: string, signal: AbortSignal): Promise<number | null>;
  confirmDigits(address: string, digits: number, signal: AbortSignal): Promise<boolean>;
}

export type BluetoothFrontEvent = { readonly address: string } & (
  | PairingEvent
  | { readonly type: "connected" }
  | { readonly type: "disconnected"; readonly reason: number }
);

/** How often the front looks whether a device has woken or fallen asleep: devices need not tell. */
const lookEveryMs = 20;

/**
 * Serves an air over Bluetooth: every device of it gets a controller on the medium and a host of its own, advertises
 * while it is awake and within reach, and answers through `VirtualAir.open`, so that the air's faults and commands act
 * here as well. A device that was never paired here holds no key: so the air's bonds begin as forgotten.
 */
export function serveOverHci(air: VirtualAir, medium: Medium, options: BluetoothFrontOptions): BluetoothFront {
  return new Front(air, medium, options);
}

class Front implements BluetoothFront {
  readonly #air: VirtualAir;
  readonly #medium: Medium;
  readonly #options: BluetoothFrontOptions;
  readonly #devices = new Map<string, VirtualDevice>();
  readonly #closed = new AbortController();

  constructor(air: VirtualAir, medium: Medium, options: BluetoothFrontOptions) {
    this.#air = air;
    this.#medium = medium;
    this.#options = options;
    for (const peripheral of air.peripherals()) this.#add(peripheral);
    const stopWatching = air.watch((change) => this.#follow(change));
    this.#closed.signal.addEventListener("abort", stopWatching, { once: true });
    void this.#look();
  }

  controller(address: string): Controller | null {
    return this.#devices.get(address)?.controller ?? null;
  }

  addressOf(address: string): string | null {
    return this.#devices.get(address)?.addressInUse ?? null;
  }

  close(): void {
    this.#closed.abort();
    for (const device of this.#devices.values()) device.close();
    this.#devices.clear();
  }

  #follow(change: AirChange): void {
    if (change.type === "added") {
      this.#remove(change.peripheral.address);
      this.#add(change.peripheral);
    } else if (change.type === "removed") {
      this.#remove(change.address);
    } else if (change.type === "commanded") {
      this.#devices.get(change.command.address)?.obey(change.command);
    }
  }

  #add(peripheral: VirtualPeripheral): void {
    const { address, addressKind } = peripheral;
    const { person, tell, ...options } = this.#options;
    const controller = this.#medium.controller({ address, addressKind });
    const device = new VirtualDevice(this.#air, peripheral, {
      ...options,
      controller,
      person: personAt(address, person ?? {}),
      tell: (event) => tell?.({ address, ...event }),
    });
    this.#devices.set(address, device);
    device.look();
  }

  #remove(address: string): void {
    this.#devices.get(address)?.close();
    this.#devices.delete(address);
  }

  async #look(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#closed.signal.aborted) {
      for (const device of this.#devices.values()) device.look();
      await clock.sleep(lookEveryMs, this.#closed.signal).catch(() => undefined);
    }
  }
}

const personAt = (address: string, person: Partial<DevicePerson>): PairingPerson => ({
  allowsPairing: async () => (await person.allowsPairing?.(address)) ?? true,
  enterPasskey: async (signal) => (await person.enterPasskey?.(address, signal)) ?? null,
  confirmDigits: async (digits, signal) => (await person.confirmDigits?.(address, digits, signal)) ?? true,
});
