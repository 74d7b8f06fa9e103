import { ah, type SmpAddress } from "./toolbox.ts";

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
      if (bond.peerIrk !== null && resolves(bond.peerIrk, address)) return bond;
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

/** Was this resolvable private address made with this key (Core Vol 6 Part B 1.3.2.3)? */
function resolves(irk: Uint8Array, { kind, octets }: SmpAddress): boolean {
  if (kind !== "random" || (octets[5] ?? 0) >> 6 !== 0b01) return false;
  return Buffer.compare(ah(irk, octets.subarray(3)), octets.subarray(0, 3)) === 0;
}

/** A resolvable private address of this key (Core Vol 6 Part B 1.3.2.2), from 3 random octets. */
export function resolvableAddress(irk: Uint8Array, randomPart: Uint8Array): SmpAddress {
  const prand = Uint8Array.from(randomPart);
  prand[2] = ((prand[2] ?? 0) & 0x3f) | 0x40;
  return { kind: "random", octets: Uint8Array.from([...ah(irk, prand), ...prand]) };
}
