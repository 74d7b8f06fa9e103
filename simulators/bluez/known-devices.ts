import type { Advertisement } from "../../device-drivers/ports/gatt.ts";

/** What bluetoothd remembers of a device over its own death, as in /var/lib/bluetooth/ADAPTER/DEVICE/info. */
export interface KnownDevice {
  readonly address: string;
  readonly addressKind: Advertisement["addressKind"];
  name: string | null;
  alias: string | null;
  /** In BlueZ's form, as they were told last. */
  uuids: readonly string[];
  isTrusted: boolean;
  isBlocked: boolean;
  /** Is there a key? */
  isBonded: boolean;
}

/** The devices that one adapter remembers: those that were connected to, paired or trusted, and not removed since. */
export class KnownDevices {
  readonly #devices = new Map<string, KnownDevice>();

  all(): readonly KnownDevice[] {
    return [...this.#devices.values()];
  }

  keep(device: KnownDevice): void {
    this.#devices.set(device.address, device);
  }

  forget({ address }: KnownDevice): void {
    this.#devices.delete(address);
  }

  bonded(): readonly string[] {
    return this.all().flatMap(({ address, isBonded }) => (isBonded ? [address] : []));
  }
}

export const stranger = ({ address, addressKind, name, services }: Advertisement): KnownDevice => ({
  address,
  addressKind,
  name,
  alias: null,
  uuids: services,
  isTrusted: false,
  isBlocked: false,
  isBonded: false,
});
