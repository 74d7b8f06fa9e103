import { ByteWriter } from "../../../device-drivers/kit/byte-writer.ts";
import { type AdvertisingEvent, advertisingTypes } from "../medium/advertising-event.ts";
import type { Room } from "../medium/room.ts";
import type { AcceptList } from "./accept-list.ts";
import type { PeerAddress } from "./connection.ts";
import { addressKey, type DeviceAddress, sameAddress } from "./device-address.ts";
import { type EventPort, leEvents } from "./event-port.ts";
import type { Identity } from "./identity.ts";

export interface ScanParameters {
  readonly isActive: boolean;
  /** In units of 0.625 ms, both. */
  readonly interval: number;
  readonly window: number;
  readonly ownAddressType: number;
  readonly filterPolicy: number;
}

export interface ScannerHost {
  readonly room: Room;
  readonly events: EventPort;
  readonly identity: Identity;
  readonly acceptList: AcceptList;
  readonly isSilent: boolean;
  identify(address: DeviceAddress): PeerAddress;
}

/** What a controller remembers to tell duplicates by; beyond it, it forgets all, and reports again. */
const duplicatesMax = 256;
const slotMs = 0.625;
/** Event_Type of a report (Core Vol 4 Part E 7.7.65.2). */
const scanResponseReport = 0x04;

const defaults: ScanParameters = { isActive: false, interval: 0x10, window: 0x10, ownAddressType: 0, filterPolicy: 0 };

/** The scanning state of a controller (Core Vol 6 Part B 4.4.3, Vol 4 Part E 7.8.10 and 7.8.11). */
export class Scanner {
  readonly #host: ScannerHost;
  readonly #reported = new Set<string>();
  #parameters = defaults;
  #startedMs: number | null = null;
  #filtersDuplicates = false;

  constructor(host: ScannerHost) {
    this.#host = host;
  }

  get isOn(): boolean {
    return this.#startedMs !== null;
  }

  get parameters(): ScanParameters {
    return this.#parameters;
  }

  set parameters(parameters: ScanParameters) {
    this.#parameters = parameters;
  }

  reset(): void {
    this.stop();
    this.#parameters = defaults;
  }

  start(filtersDuplicates: boolean): void {
    this.#startedMs = this.#host.room.airNowMs();
    this.#filtersDuplicates = filtersDuplicates;
    this.#reported.clear();
  }

  stop(): void {
    this.#startedMs = null;
  }

  hear(event: AdvertisingEvent): void {
    if (!this.#listens()) return;
    const { isActive, ownAddressType } = this.#parameters;
    const advertiser = this.#host.identify(event.advertiser);
    const own = this.#host.identity.own(ownAddressType, advertiser);
    if (own === null || !this.#admits(event, advertiser, own)) return;
    this.#report(reportType(event.type), advertiser, event);
    const response = isActive ? event.scan(own) : null;
    if (response !== null) this.#report(scanResponseReport, advertiser, { ...event, data: response });
  }

  /** A receiver listens in its windows only. */
  #listens(): boolean {
    if (this.#startedMs === null || this.#host.isSilent) return false;
    const { interval, window } = this.#parameters;
    return (this.#host.room.airNowMs() - this.#startedMs) % (interval * slotMs) < window * slotMs;
  }

  /** Core Vol 6 Part B 4.3.3. */
  #admits({ target }: AdvertisingEvent, advertiser: PeerAddress, own: DeviceAddress): boolean {
    const { filterPolicy } = this.#parameters;
    if ((filterPolicy & 1) === 1 && !this.#host.acceptList.has(advertiser)) return false;
    return target === null || sameAddress(target, own);
  }

  #report(type: number, advertiser: PeerAddress, { data, rssiDbm }: AdvertisingEvent): void {
    if (this.#filtersDuplicates && this.#wasReported(`${type} ${addressKey(advertiser)}`)) return;
    const octets = new ByteWriter()
      .uint8(1)
      .uint8(type)
      .uint8((advertiser.isRandom ? 1 : 0) + (advertiser.resolvedFrom === null ? 0 : 2))
      .raw(advertiser.octets)
      .uint8(data.length)
      .raw(data)
      .int8(rssiDbm);
    this.#host.events.leEvent(leEvents.advertisingReport, octets.bytes());
  }

  #wasReported(key: string): boolean {
    if (this.#reported.has(key)) return true;
    if (this.#reported.size >= duplicatesMax) this.#reported.clear();
    this.#reported.add(key);
    return false;
  }
}

/** Both kinds of directed advertising are one kind of report. */
const reportType = (type: number): number =>
  type === advertisingTypes.directedLowDuty ? advertisingTypes.directedHighDuty : type;
