import { addressKey, type DeviceAddress } from "./device-address.ts";

export const acceptListMax = 16;

/** The filter accept list (Core Vol 4 Part E 7.8.14 to 7.8.17). */
export class AcceptList {
  readonly #addresses = new Set<string>();

  get isFull(): boolean {
    return this.#addresses.size >= acceptListMax;
  }

  has(address: DeviceAddress): boolean {
    return this.#addresses.has(addressKey(address));
  }

  add(address: DeviceAddress): void {
    this.#addresses.add(addressKey(address));
  }

  remove(address: DeviceAddress): void {
    this.#addresses.delete(addressKey(address));
  }

  clear(): void {
    this.#addresses.clear();
  }
}
