import { between } from "../../random.ts";
import type { Random } from "../../../device-drivers/ports/clock.ts";
import {
  type AdvertisingEvent,
  advertisingTypes,
  type ConnectAnswer,
  type ConnectRequest,
} from "../medium/advertising-event.ts";
import type { Link } from "../medium/link.ts";
import type { Room } from "../medium/room.ts";
import type { AcceptList } from "./accept-list.ts";
import type { PeerAddress } from "./connection.ts";
import type { Connections } from "./connections.ts";
import { type DeviceAddress, sameAddress } from "./device-address.ts";
import { hciErrors } from "./hci-error.ts";
import type { Identity } from "./identity.ts";

export interface AdvertisingParameters {
  /** In units of 0.625 ms. */
  readonly intervalMin: number;
  readonly type: number;
  readonly ownAddressType: number;
  readonly peer: DeviceAddress;
  readonly filterPolicy: number;
}

export interface AdvertiserHost {
  readonly room: Room;
  readonly identity: Identity;
  readonly connections: Connections;
  readonly acceptList: AcceptList;
  readonly rssiDbm: number;
  readonly refusesConnections: boolean;
  isReachable(): boolean;
  identify(address: DeviceAddress): PeerAddress;
}

const slotMs = 0.625;
/** Core Vol 6 Part B 4.4.2.2.1: each event is late by up to so much, so that two advertisers do not stay in step. */
const advDelayMsMax = 10;
const highDutyIntervalMs = 3.75;
const highDutyDurationMs = 1_280;

const defaults: AdvertisingParameters = {
  intervalMin: 0x0800,
  type: advertisingTypes.connectable,
  ownAddressType: 0,
  peer: { isRandom: false, octets: new Uint8Array(6) },
  filterPolicy: 0,
};

/** The advertising state of a controller (Core Vol 6 Part B 4.4.2, Vol 4 Part E 7.8.5 to 7.8.9). */
export class Advertiser {
  readonly #host: AdvertiserHost;
  readonly #random: Random;
  #parameters = defaults;
  #running: AbortController | null = null;
  data: Uint8Array = new Uint8Array();
  scanResponse: Uint8Array = new Uint8Array();

  constructor(host: AdvertiserHost, random: Random) {
    this.#host = host;
    this.#random = random;
  }

  get isOn(): boolean {
    return this.#running !== null;
  }

  get parameters(): AdvertisingParameters {
    return this.#parameters;
  }

  set parameters(parameters: AdvertisingParameters) {
    this.#parameters = parameters;
  }

  reset(): void {
    this.stop();
    this.#parameters = defaults;
    this.data = new Uint8Array();
    this.scanResponse = new Uint8Array();
  }

  /** False where there is no address to advertise under. */
  start(): boolean {
    if (this.#address() === null) return false;
    this.stop();
    const running = new AbortController();
    this.#running = running;
    void this.#run(running.signal);
    return true;
  }

  stop(): void {
    this.#running?.abort();
    this.#running = null;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { room } = this.#host;
    const isHighDuty = this.#parameters.type === advertisingTypes.directedHighDuty;
    const endMs = room.airNowMs() + highDutyDurationMs;
    // The answer to the host's command goes before the first event.
    await Promise.resolve();
    while (!signal.aborted) {
      this.#advertise();
      const intervalMs = isHighDuty ? highDutyIntervalMs : this.#parameters.intervalMin * slotMs;
      const waitMs = room.airMs(intervalMs + between(this.#random, 0, isHighDuty ? 0 : advDelayMsMax));
      await room.clock.sleep(waitMs, signal).catch(() => undefined);
      if (isHighDuty && !signal.aborted && room.airNowMs() >= endMs) this.#giveUp();
    }
  }

  /** High duty cycle directed advertising ends by itself (Core Vol 6 Part B 4.4.2.4.3). */
  #giveUp(): void {
    this.stop();
    this.#host.connections.announceFailure(hciErrors.advertisingTimeout);
  }

  #advertise(): void {
    const address = this.#address();
    if (address === null || !this.#host.isReachable()) return;
    this.#host.room.advertise(this.#event(address));
  }

  #event(advertiser: DeviceAddress): AdvertisingEvent {
    const { type, peer } = this.#parameters;
    return {
      sender: this.#host,
      type,
      advertiser,
      target: isDirected(type) ? peer : null,
      data: isDirected(type) ? new Uint8Array() : this.data,
      rssiDbm: this.#host.rssiDbm,
      scan: (scanner) => this.#scan(scanner),
      connect: (request) => this.#connect(request),
    };
  }

  #scan(scanner: DeviceAddress): Uint8Array | null {
    const { type, filterPolicy } = this.#parameters;
    const answers = type === advertisingTypes.connectable || type === advertisingTypes.scannable;
    return answers && this.#admits(scanner, filterPolicy & 1) ? this.scanResponse : null;
  }

  #connect({ initiator, parameters }: ConnectRequest): ConnectAnswer {
    const { type, peer, filterPolicy } = this.#parameters;
    const known = this.#host.identify(initiator);
    if (!this.isOn || type === advertisingTypes.scannable || type === advertisingTypes.nonConnectable) return ignored;
    const isAdmitted = isDirected(type) ? sameAddress(known, peer) : this.#admits(initiator, filterPolicy & 2);
    if (!isAdmitted || this.#host.connections.isFull) return ignored;
    if (this.#host.refusesConnections) return { outcome: "unheard" };
    this.stop();
    const end = this.#host.connections.open("peripheral", known);
    const begin = (link: Link): void => {
      end.attach(link);
      this.#host.connections.announce(end, parameters);
    };
    return { outcome: "accepted", end, begin };
  }

  #admits(address: DeviceAddress, isFiltered: number): boolean {
    return isFiltered === 0 || this.#host.acceptList.has(this.#host.identify(address));
  }

  #address(): DeviceAddress | null {
    return this.#host.identity.own(this.#parameters.ownAddressType, this.#parameters.peer);
  }
}

const ignored: ConnectAnswer = { outcome: "ignored" };

const isDirected = (type: number): boolean =>
  type === advertisingTypes.directedHighDuty || type === advertisingTypes.directedLowDuty;
