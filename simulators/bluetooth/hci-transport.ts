/**
 * The Host Controller Interface between a host and a controller (Core Vol 4 Part E), as whole packets: each begins with
 * its H4 indicator octet (Part A 2): 0x01 command, 0x02 ACL data, 0x04 event. Both ends of it look alike: a controller
 * offers one to its host, and a socket or `/dev/vhci` carries one to another process.
 */
export interface HciTransport {
  /** Packets go in order. After the end they go nowhere. */
  send(packet: Uint8Array): void;
  /** Takes the other side's packets, in order, from now on. Packets that came before are delivered first. Once only. */
  receive(take: (packet: Uint8Array) => void): void;
  close(): void;
  /** Aborted when either side has ended it. */
  readonly ended: AbortSignal;
}

/** H4 packet indicators (Core Vol 4 Part A 2). */
export const h4 = { command: 0x01, acl: 0x02, event: 0x04, vendor: 0xff } as const;
