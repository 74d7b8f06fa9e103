import type { Advertisement, GattCharacteristic } from "./gatt.ts";

/**
 * The wire between `gateway/radio/virtual.ts` and a virtual air in another process: JSON lines over a local socket,
 * octets as upper-case hex. Every request has an `id`, and exactly one answer carries it. The link ids are the server's.
 */
export type AirRequest =
  | { readonly id: number; readonly op: "scan"; readonly on: boolean }
  | { readonly id: number; readonly op: "connect"; readonly address: string }
  | { readonly id: number; readonly op: "discover"; readonly link: number }
  | { readonly id: number; readonly op: "read"; readonly link: number; readonly handle: number }
  | { readonly id: number; readonly op: "write"; readonly link: number; readonly handle: number; readonly hex: string }
  | { readonly id: number; readonly op: "subscribe"; readonly link: number; readonly handle: number }
  | { readonly id: number; readonly op: "unsubscribe"; readonly link: number; readonly handle: number }
  /** Confirms the indication that carried this `confirm` number. */
  | { readonly id: number; readonly op: "confirm"; readonly link: number; readonly confirm: number }
  | { readonly id: number; readonly op: "close"; readonly link: number };

export type AirMessage =
  | { readonly id: number; readonly ok: true; readonly result: AirResult }
  | {
      readonly id: number;
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly attError?: number;
    }
  | { readonly event: "advertisement"; readonly advertisement: AirAdvertisement }
  /** `confirm` is a number for an indication that waits to be confirmed, null for a notification. */
  | {
      readonly event: "value";
      readonly link: number;
      readonly handle: number;
      readonly hex: string;
      readonly confirm: number | null;
    }
  | { readonly event: "link-lost"; readonly link: number; readonly reason: string };

export type AirResult =
  | { readonly type: "done" }
  | {
      readonly type: "link";
      readonly link: number;
      readonly addressKind: Advertisement["addressKind"];
      readonly bonded: boolean;
    }
  | { readonly type: "characteristics"; readonly characteristics: readonly GattCharacteristic[] }
  | { readonly type: "value"; readonly hex: string };

/** An advertisement without manufacturer data, which the virtual air does not carry. */
export type AirAdvertisement = Omit<Advertisement, "manufacturerData">;

/** The longest line either side accepts, in bytes. */
export const airLineBytesMax = 65_536;
