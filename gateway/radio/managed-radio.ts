import type { Radio } from "../../device-drivers/ports/gatt.ts";
import type { IoCapability, PairingDialogue } from "./pairing.ts";

/**
 * What the gateway asks of a radio beyond GATT: its bonds, and its own health. One for each adapter of the machine.
 * Adapters: `virtual.ts`, `bluez/`, `noble/`. Contract: `test/contracts/managed-radio.ts`.
 */
export interface ManagedRadio extends Radio {
  readonly kind: "virtual" | "bluez" | "noble";
  /** The adapter as its stack names it, for example `hci0`. */
  readonly adapter: string;
  /** What this radio can do on this machine. A caller that needs more says so to the operator before it tries. */
  readonly abilities: RadioAbilities;

  /** What befalls the radio, from now until `signal` is aborted, which ends the iteration without an error. Bounded. */
  events(signal: AbortSignal): AsyncIterable<RadioEvent>;

  /**
   * Pairs with a device that is near, and bonds. Asks `dialogue` for whatever the method needs. Aborting ends it, and
   * takes back what had begun. A device that is bonded already is paired anew: the old bond goes first.
   * Rejects with `pairingErrors` or `gattErrors`.
   */
  pair(request: PairingRequest, dialogue: PairingDialogue, signal: AbortSignal): Promise<Bond>;
  bonds(): Promise<readonly Bond[]>;
  /** Removes the bond, and whatever the stack remembers of the device. Resolves with whether there was one. */
  forget(address: string): Promise<boolean>;

  /**
   * The repairs that this radio offers for itself, from the gentlest to the hardest; absent rungs are not for it.
   * `repair` rejects with `gattErrors` (`adapter-absent`, `operation-timeout`) when a rung could not be taken.
   */
  readonly rungs: readonly RepairRung[];
  repair(rung: RepairRung, signal: AbortSignal): Promise<void>;

  /** Ends every link, hearing and pairing. Idempotent; the radio may be used again. */
  close(): Promise<void>;
}

/** `restart-scan`: stop and start hearing. `power-cycle`: the adapter off and on. `restart-daemon`: bluetoothd anew. */
export type RepairRung = "restart-scan" | "power-cycle" | "restart-daemon";

export interface RadioAbilities {
  /** The methods by which it can bond; empty where it cannot bond at all. */
  readonly pairing: readonly PairingMethod[];
  /** Is an indication confirmed only when the value after it is asked for? Where not, the stack confirms at once. */
  readonly holdsConfirmations: boolean;
}

/** Core Vol 3 Part H 2.3.5.1. `passkey-shown`: the gateway shows it, the device's user types it. `pin` is legacy BR/EDR. */
export type PairingMethod = "just-works" | "passkey-entry" | "passkey-shown" | "numeric-comparison" | "pin";

export interface PairingRequest {
  readonly address: string;
  /** What the person at the gateway can do: it decides the method. */
  readonly io: IoCapability;
}

export interface Bond {
  /** The identity address, upper case. */
  readonly address: string;
  readonly addressKind: "public" | "random-static" | "random-private";
  readonly name: string | null;
}

export type RadioEvent =
  | { readonly type: "adapter-gone" | "adapter-back" | "daemon-gone" | "daemon-back" }
  /** The stack dropped the bond, or somebody removed it; `bond-made` is also seen when another program paired. */
  | { readonly type: "bond-removed" | "bond-made"; readonly address: string }
  /** The device no longer knows the key that we have. */
  | { readonly type: "bond-refused"; readonly address: string };
