import { ByteWriter } from "../../../device-drivers/kit/byte-writer.ts";
import type {
  ConnectionParameters,
  EncryptionChange,
  EncryptionRequest,
  Link,
  LinkEnd,
  LinkFragment,
  Role,
} from "../medium/link.ts";
import type { DeviceAddress } from "./device-address.ts";
import { type EventPort, events, leEvents } from "./event-port.ts";
import { hciErrors } from "./hci-error.ts";

export interface ConnectionOwner {
  readonly events: EventPort;
  readonly rssiDbm: number;
  isReachable(): boolean;
  /** An ACL data packet for the host. */
  deliver(connection: Connection, fragment: LinkFragment): void;
  acknowledged(connection: Connection): void;
  closed(connection: Connection): void;
}

export interface ConnectionDescription {
  readonly handle: number;
  readonly role: Role;
  /** As the host knows the peer: its identity, where the controller resolved it. */
  readonly peer: PeerAddress;
}

export interface PeerAddress extends DeviceAddress {
  /** The private address that was resolved into the identity, if one was. */
  readonly resolvedFrom: DeviceAddress | null;
}

/** One controller's end of a link: what happens on it becomes events for the host. */
export class Connection implements LinkEnd {
  readonly handle: number;
  readonly role: Role;
  readonly peer: PeerAddress;
  readonly #owner: ConnectionOwner;
  #link: Link | null = null;
  #isAbandoned = false;
  /** Fragments from the host that the peer has not acknowledged. */
  unacknowledged = 0;

  constructor(owner: ConnectionOwner, { handle, role, peer }: ConnectionDescription) {
    this.#owner = owner;
    this.handle = handle;
    this.role = role;
    this.peer = peer;
  }

  /** Null before it begins, and where the other end never followed. */
  get link(): Link | null {
    return this.#link;
  }

  get rssiDbm(): number {
    return this.#owner.rssiDbm;
  }

  attach(link: Link): void {
    this.#link = link;
  }

  /** The controller was reset: it knows this link no more, and the peer finds out by its supervision time-out. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#owner.closed(this);
    this.#link?.reachabilityChanged();
  }

  isReachable(): boolean {
    return !this.#isAbandoned && this.#owner.isReachable();
  }

  data(fragment: LinkFragment): void {
    this.#owner.deliver(this, fragment);
  }

  acknowledged(): void {
    this.#owner.acknowledged(this);
  }

  ended(reason: number): void {
    if (this.#isAbandoned) return;
    this.#owner.closed(this);
    const parameters = new ByteWriter().uint8(hciErrors.success).uint16(this.handle).uint8(reason).bytes();
    this.#owner.events.event(events.disconnectionComplete, parameters);
  }

  updated(parameters: ConnectionParameters): void {
    const octets = writeParameters(new ByteWriter().uint8(hciErrors.success).uint16(this.handle), parameters);
    this.#owner.events.leEvent(leEvents.connectionUpdateComplete, octets.bytes());
  }

  keyWanted({ random, diversifier }: EncryptionRequest): void {
    // A host that has masked the question out has no key to give (Core Vol 4 Part E 7.7.65.5).
    if (!this.#owner.events.hears(leEvents.longTermKeyRequest)) {
      this.#link?.answerKey(null);
      return;
    }
    const octets = new ByteWriter().uint16(this.handle).raw(random).uint16(diversifier).bytes();
    this.#owner.events.leEvent(leEvents.longTermKeyRequest, octets);
  }

  encryptionChanged({ status, isEncrypted, isRefresh }: EncryptionChange): void {
    const octets = new ByteWriter().uint8(status).uint16(this.handle);
    if (isRefresh) this.#owner.events.event(events.encryptionKeyRefreshComplete, octets.bytes());
    else this.#owner.events.event(events.encryptionChange, octets.uint8(isEncrypted ? 1 : 0).bytes());
  }
}

/** Interval, latency and supervision time-out, as every event about them has them. */
export function writeParameters(octets: ByteWriter, parameters: ConnectionParameters): ByteWriter {
  return octets.uint16(parameters.interval).uint16(parameters.latency).uint16(parameters.supervisionTimeout);
}
