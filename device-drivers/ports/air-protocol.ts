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
  | { readonly id: number; readonly op: "close"; readonly link: number }
  /** Ends with a bond, or with the code of a pairing error. What is asked on the way bears the `id` of this request. */
  | { readonly id: number; readonly op: "pair"; readonly address: string; readonly io: AirIoCapability }
  /** Answers the question that is open; without `accept`, also with none open, it breaks the pairing off. */
  | {
      readonly id: number;
      readonly op: "answer";
      readonly pairing: number;
      readonly accept: boolean;
      readonly passkey: number | null;
    }
  /** The central forgets its half of the bond, if there is one. */
  | { readonly id: number; readonly op: "forget"; readonly address: string };

/** Core Vol 3 Part H 2.3.2, of the central's side. */
export type AirIoCapability =
  | "display-only"
  | "display-yes-no"
  | "keyboard-only"
  | "no-input-no-output"
  | "keyboard-display";

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
  | { readonly event: "link-lost"; readonly link: number; readonly reason: string }
  /**
   * What the method of pairing needs of the central's user: a passkey that the device shows, a passkey to be shown, a
   * yes to the one that both show, or a yes to Just Works. `show` waits for no answer.
   */
  | {
      readonly event: "pairing";
      readonly pairing: number;
      readonly ask: "passkey" | "show" | "confirm" | "authorise";
      /** 0 … 999999 for `show` and `confirm`, else null. */
      readonly passkey: number | null;
    };

export type AirResult =
  | { readonly type: "done" }
  | {
      readonly type: "link";
      readonly link: number;
      readonly addressKind: Advertisement["addressKind"];
      readonly bonded: boolean;
    }
  | { readonly type: "characteristics"; readonly characteristics: readonly GattCharacteristic[] }
  | { readonly type: "value"; readonly hex: string }
  | { readonly type: "bond"; readonly addressKind: Advertisement["addressKind"]; readonly name: string | null };

/** An advertisement without manufacturer data, which the virtual air does not carry. */
export type AirAdvertisement = Omit<Advertisement, "manufacturerData">;

/** The longest line either side accepts, in bytes. */
export const airLineBytesMax = 65_536;
