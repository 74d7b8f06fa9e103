import { h4 } from "../hci-transport.ts";

/** Where each kind of packet says how many octets follow. That bounds what is held back of one: 65,540 octets. */
const lengthAt: Readonly<Record<number, { readonly offset: number; readonly octets: 1 | 2 }>> = {
  [h4.command]: { offset: 3, octets: 1 },
  [h4.acl]: { offset: 3, octets: 2 },
  [h4.event]: { offset: 2, octets: 1 },
};

/**
 * Cuts a stream of octets into HCI packets (UART transport, Core Vol 4 Part A). H4 has no way back into step: after an
 * octet that begins no packet, everything is refused.
 */
export class PacketSplitter {
  #rest: Uint8Array = new Uint8Array();

  /** The packets that these octets complete, or null where the stream is out of step. */
  push(octets: Uint8Array): readonly Uint8Array[] | null {
    const all = new Uint8Array(this.#rest.length + octets.length);
    all.set(this.#rest);
    all.set(octets, this.#rest.length);
    const packets: Uint8Array[] = [];
    let offset = 0;
    while (offset < all.length) {
      const length = packetLength(all.subarray(offset));
      if (length === null) return null;
      if (offset + length > all.length) break;
      packets.push(all.slice(offset, offset + length));
      offset += length;
    }
    this.#rest = all.slice(offset);
    return packets;
  }
}

/** How long the packet is that begins here; infinite while its length has not come; null if nothing begins here. */
function packetLength(octets: Uint8Array): number | null {
  const place = lengthAt[octets[0] ?? -1];
  if (place === undefined) return null;
  const low = octets[place.offset];
  const high = place.octets === 1 ? 0 : octets[place.offset + 1];
  if (low === undefined || high === undefined) return Number.POSITIVE_INFINITY;
  return place.offset + place.octets + (low | (high << 8));
}
