import type { AdvertisingEvent } from "../medium/advertising-event.ts";
import { type ConnectionParameters, Link } from "../medium/link.ts";
import type { Room } from "../medium/room.ts";
import type { AcceptList } from "./accept-list.ts";
import type { PeerAddress } from "./connection.ts";
import type { Connections } from "./connections.ts";
import { type DeviceAddress, sameAddress } from "./device-address.ts";
import { hciErrors } from "./hci-error.ts";
import type { Identity } from "./identity.ts";

export interface InitiatorRequest {
  /** The peer to connect to; null for whoever of the filter accept list comes first. */
  readonly peer: DeviceAddress | null;
  readonly ownAddressType: number;
  readonly parameters: ConnectionParameters;
}

export interface InitiatorHost {
  readonly room: Room;
  readonly identity: Identity;
  readonly connections: Connections;
  readonly acceptList: AcceptList;
  identify(address: DeviceAddress): PeerAddress;
}

/** The initiating state of a controller (Core Vol 6 Part B 4.4.4, Vol 4 Part E 7.8.12 and 7.8.13). */
export class Initiator {
  readonly #host: InitiatorHost;
  #request: InitiatorRequest | null = null;

  constructor(host: InitiatorHost) {
    this.#host = host;
  }

  get isOn(): boolean {
    return this.#request !== null;
  }

  get goesByAcceptList(): boolean {
    return this.#request !== null && this.#request.peer === null;
  }

  start(request: InitiatorRequest): void {
    this.#request = request;
  }

  stop(): void {
    this.#request = null;
  }

  hear(event: AdvertisingEvent): void {
    const request = this.#request;
    if (request === null) return;
    const { connections, identity } = this.#host;
    const peer = this.#host.identify(event.advertiser);
    const isWanted = request.peer === null ? this.#host.acceptList.has(peer) : sameAddress(request.peer, peer);
    const initiator = identity.own(request.ownAddressType, peer);
    if (!isWanted || initiator === null || (event.target !== null && !sameAddress(event.target, initiator))) return;
    if (connections.with(peer) !== null) return;
    const answer = event.connect({ initiator, parameters: request.parameters });
    if (answer.outcome === "ignored") return;
    this.stop();
    const central = connections.open("central", peer);
    if (answer.outcome === "unheard") {
      // A central takes the connection for made when it has sent its request, and learns better six events later.
      connections.announce(central, request.parameters);
      central.ended(hciErrors.failedToBeEstablished);
      return;
    }
    const link = new Link(this.#host.room, { central, peripheral: answer.end }, request.parameters);
    central.attach(link);
    connections.announce(central, request.parameters);
    answer.begin(link);
  }
}
