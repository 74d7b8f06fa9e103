import type { Random } from "../../../device-drivers/ports/clock.ts";
import { decodeAcl } from "../acl-packet.ts";
import { h4, type HciTransport } from "../hci-transport.ts";
import type { AdvertisingEvent } from "../medium/advertising-event.ts";
import type { Room } from "../medium/room.ts";
import { hciPair } from "../transport/in-process.ts";
import { AcceptList } from "./accept-list.ts";
import { Advertiser } from "./advertiser.ts";
import type { Reply } from "./command.ts";
import { commandTable } from "./command-table.ts";
import type { PeerAddress } from "./connection.ts";
import { type ConnectionLimits, Connections } from "./connections.ts";
import type { ControllerParts } from "./controller-parts.ts";
import { addressText, type DeviceAddress } from "./device-address.ts";
import { EventPort, events } from "./event-port.ts";
import { hciErrors } from "./hci-error.ts";
import { Identity } from "./identity.ts";
import { Initiator } from "./initiator.ts";
import { ResolvingList } from "./resolving-list.ts";
import { Scanner } from "./scanner.ts";

/** What can be wrong with a controller, until it is put right. */
export interface ControllerFaults {
  /** Whoever connects to it is left alone: Connection Failed to be Established (0x3E). */
  readonly refusesConnections: boolean;
  /** Nobody hears it and it hears nobody; its links end with their supervision time-out (0x08). */
  readonly isOutOfRange: boolean;
  /** It scans and reports nothing, as adapters do that have hung halfway. */
  readonly isSilent: boolean;
  /** It answers nothing and does nothing more; its peers lose it. */
  readonly isHung: boolean;
}

export interface ControllerSettings extends ConnectionLimits {
  readonly address: DeviceAddress;
  readonly rssiDbm: number;
}

const flawless: ControllerFaults = {
  refusesConnections: false,
  isOutOfRange: false,
  isSilent: false,
  isHung: false,
};

/** A virtual LE controller: the part of a Bluetooth chip below the HCI (Core Vol 4 Part E). */
export class Controller implements ControllerParts {
  readonly events = new EventPort((packet) => this.send(packet));
  readonly acceptList = new AcceptList();
  readonly resolvingList: ResolvingList;
  readonly identity: Identity;
  readonly connections: Connections;
  readonly advertiser: Advertiser;
  readonly scanner: Scanner;
  readonly initiator: Initiator;
  readonly random: Random;
  readonly room: Room;
  /** How strongly others hear it. */
  rssiDbm: number;
  readonly #address: DeviceAddress;
  readonly #removed = new AbortController();
  #faults = flawless;
  #host: HciTransport | null = null;

  constructor(room: Room, { address, rssiDbm, ...limits }: ControllerSettings) {
    this.room = room;
    this.rssiDbm = rssiDbm;
    this.#address = address;
    this.random = room.random(this.address, "rand");
    this.resolvingList = new ResolvingList(room.random(this.address, "private addresses"));
    this.identity = new Identity(address, this.resolvingList);
    this.connections = new Connections(this, limits);
    this.advertiser = new Advertiser(this, room.random(this.address, "advertising"));
    this.scanner = new Scanner(this);
    this.initiator = new Initiator(this);
  }

  /** Upper case, octets parted by colons. */
  get address(): string {
    return addressText(this.#address.octets);
  }

  get addressKind(): "public" | "random-static" {
    return this.#address.isRandom ? "random-static" : "public";
  }

  /** Aborted when it has been taken out of the room. */
  get removed(): AbortSignal {
    return this.#removed.signal;
  }

  get faults(): ControllerFaults {
    return this.#faults;
  }

  get refusesConnections(): boolean {
    return this.#faults.refusesConnections;
  }

  get isSilent(): boolean {
    return this.#faults.isSilent;
  }

  /** The host's end of this controller. There is one host: a transport that was taken before ends. */
  host(): HciTransport {
    this.#host?.close();
    const [mine, theirs] = hciPair();
    this.#host = mine;
    mine.receive((packet) => this.#receive(packet));
    if (this.removed.aborted) mine.close();
    return theirs;
  }

  setFaults(faults: Partial<ControllerFaults>): void {
    this.#faults = { ...this.#faults, ...faults };
    for (const { link } of this.connections.all) link?.reachabilityChanged();
  }

  /** Every link of it breaks, for both ends. Says how many there were. */
  dropLinks(reason: number = hciErrors.connectionTimeout): number {
    const links = this.connections.all;
    for (const { link } of links) link?.lose(reason);
    return links.length;
  }

  /** It starts anew by itself, as after a fault of its firmware: Hardware Error (7.7.16), and nothing is as it was. */
  crash(): void {
    this.reset();
    this.events.event(events.hardwareError, Uint8Array.of(0));
  }

  /** Takes it out of the room and away from its host, as a dongle is unplugged. */
  remove(): void {
    if (this.removed.aborted) return;
    this.#removed.abort();
    this.advertiser.stop();
    this.scanner.stop();
    this.initiator.stop();
    for (const { link } of this.connections.all) link?.reachabilityChanged();
    this.#host?.close();
  }

  reset(): void {
    for (const connection of this.connections.all) connection.abandon();
    this.advertiser.reset();
    this.scanner.reset();
    this.initiator.stop();
    this.acceptList.clear();
    this.resolvingList.reset();
    this.identity.reset();
    this.events.reset();
  }

  isReachable(): boolean {
    return !this.#faults.isOutOfRange && !this.#faults.isHung && !this.removed.aborted;
  }

  /** Somebody else in the room advertises. */
  hear(event: AdvertisingEvent): void {
    if (!this.isReachable()) return;
    this.scanner.hear(event);
    this.initiator.hear(event);
  }

  /** Who an address belongs to, as far as this controller can resolve it. */
  identify(address: DeviceAddress): PeerAddress {
    const identity = this.resolvingList.resolve(address);
    return identity === null ? { ...address, resolvedFrom: null } : { ...identity, resolvedFrom: address };
  }

  /** A packet to the host. */
  send(packet: Uint8Array): void {
    if (!this.#faults.isHung) this.#host?.send(packet);
  }

  #receive(packet: Uint8Array): void {
    if (this.#faults.isHung || this.removed.aborted) return;
    const data = decodeAcl(packet);
    if (data !== null) this.connections.accept(data);
    else if (packet[0] === h4.command) this.#command(packet.subarray(1));
  }

  #command(packet: Uint8Array): void {
    const [low, high, length] = packet;
    if (low === undefined || high === undefined) return;
    const opcode = low | (high << 8);
    const parameters = packet.slice(3);
    const isWhole = parameters.length === length;
    const reply: Reply = !isWhole
      ? { event: "status", status: hciErrors.invalidParameters }
      : (commandTable.get(opcode)?.execute(this, parameters) ?? { event: "status", status: hciErrors.unknownCommand });
    this.#answer(opcode, reply);
  }

  #answer(opcode: number, reply: Reply): void {
    const octets = [opcode & 0xff, opcode >> 8];
    // Each answer lets the host send one command more (Core Vol 4 Part E 4.4).
    if (reply.event === "complete") {
      this.events.event(events.commandComplete, Uint8Array.of(1, ...octets, ...reply.returned));
    } else {
      this.events.event(events.commandStatus, Uint8Array.of(reply.status, 1, ...octets));
    }
    reply.after?.();
  }
}
