import type { AirPlace } from "./air-wire.ts";

/** Which radios a gateway has. The configuration's section `radio` is mapped onto it. */
export type RadioOptions = VirtualRadioOptions | BluezRadioOptions | NobleRadioOptions;

export interface VirtualRadioOptions {
  readonly kind: "virtual";
  readonly place: AirPlace;
}

export interface BluezRadioOptions {
  readonly kind: "bluez";
  /** By name (`hci0`) or address, the one to use first; more are fallen back on. Empty: the first that has power. */
  readonly adapters: readonly string[];
  /** A D-Bus address; null for the system bus. */
  readonly busAddress: string | null;
  /** The program that starts bluetoothd anew, and its arguments; null if the gateway may not. */
  readonly restartCommand: readonly string[] | null;
}

export interface NobleRadioOptions {
  readonly kind: "noble";
  /** `auto`: whichever is installed, the maintained fork first. */
  readonly package: "auto" | "@stoprocent/noble" | "@abandonware/noble";
  /** The number of the HCI device on Linux: 0 is hci0. Null: noble's own choice. */
  readonly hciDevice: number | null;
  /** A Unix socket that speaks H4, instead of a device. */
  readonly h4Socket: string | null;
}
