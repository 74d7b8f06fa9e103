import type { DeviceAddress } from "../controller/device-address.ts";
import type { ConnectionParameters, Link, LinkEnd } from "./link.ts";

/** Advertising_Type of LE Set Advertising Parameters (Core Vol 4 Part E 7.8.5). */
export const advertisingTypes = {
  connectable: 0x00,
  directedHighDuty: 0x01,
  scannable: 0x02,
  nonConnectable: 0x03,
  directedLowDuty: 0x04,
} as const;

/** One advertising event, as those who hear it see it, and what they may answer (Core Vol 6 Part B 4.4.2). */
export interface AdvertisingEvent {
  /** Who sends it: nobody hears itself. */
  readonly sender: object;
  readonly type: number;
  readonly advertiser: DeviceAddress;
  /** Whom a directed one is meant for. */
  readonly target: DeviceAddress | null;
  readonly data: Uint8Array;
  readonly rssiDbm: number;
  /** SCAN_REQ: the scan response data, or null where the advertiser does not answer this scanner. */
  scan(scanner: DeviceAddress): Uint8Array | null;
  /** CONNECT_IND. `unheard`: the advertiser never follows, as when the two lose each other at once. */
  connect(request: ConnectRequest): ConnectAnswer;
}

export interface ConnectRequest {
  readonly initiator: DeviceAddress;
  readonly parameters: ConnectionParameters;
}

export type ConnectAnswer =
  | { readonly outcome: "ignored" }
  | { readonly outcome: "unheard" }
  /** The peripheral's end; it begins when it is given its link. */
  | { readonly outcome: "accepted"; readonly end: LinkEnd; readonly begin: (link: Link) => void };
