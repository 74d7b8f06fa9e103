import { ByteReader } from "../../device-drivers/kit/byte-reader.ts";
import { ByteWriter } from "../../device-drivers/kit/byte-writer.ts";
import { h4 } from "./hci-transport.ts";

/** An HCI ACL Data packet (Core Vol 4 Part E 5.4.2). */
export interface AclPacket {
  readonly handle: number;
  /** Does it begin an L2CAP frame? */
  readonly isFirst: boolean;
  readonly fragment: Uint8Array;
}

/** Packet boundary flags: who sends says whether a first fragment may be flushed. */
const boundaries = { firstOfHost: 0b00, continuing: 0b01, firstOfController: 0b10 } as const;

export function encodeAcl({ handle, isFirst, fragment }: AclPacket, by: "host" | "controller"): Uint8Array {
  const first = by === "host" ? boundaries.firstOfHost : boundaries.firstOfController;
  const header = handle | ((isFirst ? first : boundaries.continuing) << 12);
  return new ByteWriter().uint8(h4.acl).uint16(header).uint16(fragment.length).raw(fragment).bytes();
}

/** Null for what is no ACL packet, or not a whole one. */
export function decodeAcl(packet: Uint8Array): AclPacket | null {
  if (packet[0] !== h4.acl || packet.length < 5) return null;
  const reader = new ByteReader(packet, 1);
  const header = reader.uint16();
  const octets = reader.uint16();
  if (reader.remaining !== octets) return null;
  const isFirst = ((header >> 12) & 0b11) !== boundaries.continuing;
  return { handle: header & 0x0fff, isFirst, fragment: reader.rest() };
}
