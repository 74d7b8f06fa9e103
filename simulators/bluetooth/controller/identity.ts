import type { ResolvingList } from "./resolving-list.ts";
import type { DeviceAddress } from "./device-address.ts";

/** Under which addresses a controller speaks (Core Vol 6 Part B 1.3, Vol 4 Part E 7.8.4). */
export class Identity {
  readonly publicAddress: DeviceAddress;
  readonly #burntIn: DeviceAddress | null;
  readonly #resolvingList: ResolvingList;
  #randomAddress: DeviceAddress | null;

  /** A controller that was made with a random address has it from the start, and no public one. */
  constructor(address: DeviceAddress, resolvingList: ResolvingList) {
    this.publicAddress = address.isRandom ? { isRandom: false, octets: new Uint8Array(6) } : address;
    this.#burntIn = address.isRandom ? address : null;
    this.#randomAddress = this.#burntIn;
    this.#resolvingList = resolvingList;
  }

  reset(): void {
    this.#randomAddress = this.#burntIn;
  }

  setRandomAddress(octets: Uint8Array): void {
    this.#randomAddress = { isRandom: true, octets };
  }

  /**
   * The address of an Own_Address_Type (Core Vol 4 Part E 7.8.5), towards a peer where one is meant; null where the
   * host chose a random one and has set none.
   */
  own(ownAddressType: number, peer: DeviceAddress | null): DeviceAddress | null {
    const plain = (ownAddressType & 1) === 1 ? this.#randomAddress : this.publicAddress;
    return ownAddressType < 2 ? plain : (this.#resolvingList.ownAddress(peer) ?? plain);
  }
}
