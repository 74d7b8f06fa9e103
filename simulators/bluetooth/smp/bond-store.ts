import { isResolvedBy } from "../private-address.ts";
import type { SmpAddress } from "./toolbox.ts";

/** What a device keeps of a central that it is bonded with. */
export interface Bond {
  /** Its identity address, where it gave one; else the address from which it paired. */
  readonly peer: SmpAddress;
  /** Its identity resolving key; null where it gave none. */
  readonly peerIrk: Uint8Array | null;
  /** As long as the negotiated key size; the octets above it are zero. */
  readonly ltk: Uint8Array;
  /** Which key it is; both zero with Secure Connections. */
  readonly random: Uint8Array;
  readonly diversifier: number;
  readonly authenticated: boolean;
  readonly secureConnections: boolean;
}

/** The bonds of one device: few, as in its firmware. A new one beyond the bound drives out the oldest. */
export class BondStore {
  readonly #bondsMax: number;
  readonly #bonds = new Map<string, Bond>();

  /** @param bondsMax how many centrals it remembers */
  constructor(bondsMax = 4) {
    this.#bondsMax = bondsMax;
  }

  get isEmpty(): boolean {
    return this.#bonds.size === 0;
  }

  /** The bond with whoever uses this address, which may be private. */
  find(address: SmpAddress): Bond | null {
    const known = this.#bonds.get(keyOf(address));
    if (known !== undefined) return known;
    for (const bond of this.#bonds.values()) {
      if (address.kind === "random" && bond.peerIrk !== null && isResolvedBy(bond.peerIrk, address.octets)) return bond;
    }
    return null;
  }

  keep(bond: Bond): void {
    this.#bonds.delete(keyOf(bond.peer));
    this.#bonds.set(keyOf(bond.peer), bond);
    const [oldest] = this.#bonds.keys();
    if (this.#bonds.size > this.#bondsMax && oldest !== undefined) this.#bonds.delete(oldest);
  }

  forgetAll(): void {
    this.#bonds.clear();
  }
}

/** A device's identity address, as a key of maps. */
export const keyOf = ({ kind, octets }: SmpAddress): string => `${kind} ${octets.join(".")}`;
