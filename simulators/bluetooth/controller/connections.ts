import { ByteWriter } from "../../../device-drivers/kit/byte-writer.ts";
import { type AclPacket, encodeAcl } from "../acl-packet.ts";
import type { ConnectionParameters, LinkFragment, Role } from "../medium/link.ts";
import { Connection, type ConnectionOwner, type PeerAddress, writeParameters } from "./connection.ts";
import type { DeviceAddress } from "./device-address.ts";
import { type EventPort, events, leEvents } from "./event-port.ts";
import { hciErrors } from "./hci-error.ts";

/** The buffers for data from the host, as LE Read Buffer Size tells them, and how many links there may be. */
export interface ConnectionLimits {
  readonly aclBytesMax: number;
  readonly aclPacketsMax: number;
  readonly linksMax: number;
}

export interface ConnectionsHost {
  readonly events: EventPort;
  readonly rssiDbm: number;
  isReachable(): boolean;
  send(packet: Uint8Array): void;
}

const firstHandle = 0x0040;
const lastHandle = 0x0eff;

/** The connections of one controller, and their data: handles, fragments and credits (Core Vol 4 Part E 4.1 and 5.4.2). */
export class Connections implements ConnectionOwner {
  readonly limits: ConnectionLimits;
  readonly #host: ConnectionsHost;
  readonly #byHandle = new Map<number, Connection>();
  #nextHandle = firstHandle;

  constructor(host: ConnectionsHost, limits: ConnectionLimits) {
    this.#host = host;
    this.limits = limits;
  }

  get events(): EventPort {
    return this.#host.events;
  }

  get rssiDbm(): number {
    return this.#host.rssiDbm;
  }

  get all(): readonly Connection[] {
    return [...this.#byHandle.values()];
  }

  get isFull(): boolean {
    return this.#byHandle.size >= this.limits.linksMax;
  }

  get(handle: number): Connection | null {
    return this.#byHandle.get(handle) ?? null;
  }

  with(peer: DeviceAddress): Connection | null {
    const same = (connection: Connection): boolean =>
      connection.peer.isRandom === peer.isRandom && Buffer.compare(connection.peer.octets, peer.octets) === 0;
    return this.all.find(same) ?? null;
  }

  open(role: Role, peer: PeerAddress): Connection {
    const connection = new Connection(this, { handle: this.#freeHandle(), role, peer });
    this.#byHandle.set(connection.handle, connection);
    return connection;
  }

  /** LE Connection Complete, or the enhanced form where the host asked for it (7.7.65.1 and .10). */
  announce({ handle, role, peer }: Connection, parameters: ConnectionParameters): void {
    const isEnhanced = this.events.hears(leEvents.enhancedConnectionComplete);
    const kind = (peer.isRandom ? 1 : 0) + (peer.resolvedFrom === null ? 0 : 2);
    const octets = new ByteWriter()
      .uint8(hciErrors.success)
      .uint16(handle)
      .uint8(role === "central" ? 0 : 1)
      .uint8(isEnhanced ? kind : kind & 1)
      .raw(peer.octets);
    if (isEnhanced) octets.raw(new Uint8Array(6)).raw(peer.resolvedFrom?.octets ?? new Uint8Array(6));
    writeParameters(octets, parameters).uint8(0);
    this.events.leEvent(isEnhanced ? leEvents.enhancedConnectionComplete : leEvents.connectionComplete, octets.bytes());
  }

  /** LE Connection Complete for a connection that does not come about. */
  announceFailure(status: number): void {
    const subevent = this.events.hears(leEvents.enhancedConnectionComplete)
      ? leEvents.enhancedConnectionComplete
      : leEvents.connectionComplete;
    const length = subevent === leEvents.connectionComplete ? 18 : 30;
    this.events.leEvent(
      subevent,
      Uint8Array.from({ length }, (_, index) => (index === 0 ? status : 0)),
    );
  }

  /** An ACL data packet from the host. Data for a link that has ended is nobody's. */
  accept({ handle, isFirst, fragment: octets }: AclPacket): void {
    const connection = this.get(handle);
    if (connection === null) return;
    if (octets.length > this.limits.aclBytesMax || this.#unacknowledged() >= this.limits.aclPacketsMax) {
      // The host did not keep to the buffers that it was told of (7.7.26).
      this.events.event(events.dataBufferOverflow, Uint8Array.of(0x01));
      return;
    }
    connection.unacknowledged += 1;
    connection.link?.send(connection.role, { isFirst, octets });
  }

  isReachable(): boolean {
    return this.#host.isReachable();
  }

  /** Fragments reach the host no longer than this controller's own buffers are. */
  deliver({ handle }: Connection, { isFirst, octets }: LinkFragment): void {
    for (let offset = 0; offset === 0 || offset < octets.length; offset += this.limits.aclBytesMax) {
      const fragment = octets.subarray(offset, offset + this.limits.aclBytesMax);
      this.#host.send(encodeAcl({ handle, isFirst: isFirst && offset === 0, fragment }, "controller"));
    }
  }

  acknowledged(connection: Connection): void {
    connection.unacknowledged -= 1;
    const octets = new ByteWriter().uint8(1).uint16(connection.handle).uint16(1).bytes();
    this.events.event(events.numberOfCompletedPackets, octets);
  }

  closed(connection: Connection): void {
    this.#byHandle.delete(connection.handle);
  }

  #unacknowledged(): number {
    return this.all.reduce((sum, { unacknowledged }) => sum + unacknowledged, 0);
  }

  #freeHandle(): number {
    while (this.#byHandle.has(this.#nextHandle)) this.#advance();
    const handle = this.#nextHandle;
    this.#advance();
    return handle;
  }

  #advance(): void {
    this.#nextHandle = this.#nextHandle === lastHandle ? firstHandle : this.#nextHandle + 1;
  }
}
