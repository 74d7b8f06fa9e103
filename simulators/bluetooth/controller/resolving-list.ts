import type { Random } from "../../../device-drivers/ports/clock.ts";
import { isResolvedBy, resolvableOctets } from "../private-address.ts";
import { type DeviceAddress, sameAddress } from "./device-address.ts";

export const resolvingListMax = 16;

export interface ResolvingEntry {
  readonly identity: DeviceAddress;
  readonly peerKey: Uint8Array;
  readonly localKey: Uint8Array;
}

/** The keys by which private addresses are made and understood (Core Vol 6 Part B 4.7 and 6). */
export class ResolvingList {
  readonly #random: Random;
  #entries: readonly ResolvingEntry[] = [];
  isEnabled = false;

  constructor(random: Random) {
    this.#random = random;
  }

  get isFull(): boolean {
    return this.#entries.length >= resolvingListMax;
  }

  reset(): void {
    this.#entries = [];
    this.isEnabled = false;
  }

  find(identity: DeviceAddress): ResolvingEntry | null {
    return this.#entries.find((entry) => sameAddress(entry.identity, identity)) ?? null;
  }

  add(entry: ResolvingEntry): void {
    this.#entries = [...this.#entries, entry];
  }

  /** False if it was not in the list. */
  remove(identity: DeviceAddress): boolean {
    const rest = this.#entries.filter((entry) => !sameAddress(entry.identity, identity));
    const wasThere = rest.length < this.#entries.length;
    this.#entries = rest;
    return wasThere;
  }

  clear(): void {
    this.#entries = [];
  }

  /** Who is behind a private address: the identity, or null where no key resolves it. */
  resolve({ isRandom, octets }: DeviceAddress): DeviceAddress | null {
    if (!this.isEnabled || !isRandom) return null;
    return this.#entries.find(({ peerKey }) => isResolvedBy(peerKey, octets))?.identity ?? null;
  }

  /** A new resolvable private address of our own towards this peer; null where there is no key for one. */
  ownAddress(peer: DeviceAddress | null): DeviceAddress | null {
    const entry = peer === null ? null : this.find(peer);
    if (entry === null || !this.isEnabled || entry.localKey.every((octet) => octet === 0)) return null;
    const random = Uint8Array.from({ length: 3 }, () => Math.floor(this.#random() * 256));
    return { isRandom: true, octets: resolvableOctets(entry.localKey, random) };
  }
}
