import type { Advertisement, GattCharacteristic } from "./gatt.ts";

/**
 * One session with a device, written down: what `carepost capture` writes and `simulators/replay` plays. An entry of
 * kind `session` in `test/vectors` is the same with less, so a capture can be appended to those files as it stands; the
 * names are theirs. Octets are upper-case hex in wire order. It holds no bond, no key and no address.
 */
export interface SessionFixture {
  readonly format: typeof sessionFixtureFormat;
  readonly id: string;
  /** The driver that ran the session; "unknown" where none fits and the device was explored. */
  readonly profile: string;
  /** Maker and model, as the device says them. */
  readonly device: string;
  readonly characteristic: "session";
  readonly kind: "session";
  readonly advertisement: FixtureAdvertisement;
  readonly bonded: boolean;
  readonly gatt: readonly GattCharacteristic[];
  readonly session: readonly SessionStep[];
  readonly expected: { readonly records: number };
  readonly scrubbed: readonly Scrubbing[];
  /** All dates were moved by one number of days, which is not told, because it would move them back. */
  readonly dates_shifted: boolean;
  /** "complete", or the code of the failure that ended the session early. */
  readonly outcome: string;
  readonly source: { readonly tool: "carepost capture"; readonly version: string; readonly radio: string };
}

export interface FixtureAdvertisement {
  readonly name: string | null;
  readonly address_kind: Advertisement["addressKind"];
  readonly services: readonly string[];
  /** By company identifier, in decimal digits as JSON has its keys. */
  readonly manufacturer_data: Readonly<Record<string, string>>;
  /** GAP Appearance (2A01), where the stack lets it be read. */
  readonly appearance: number | null;
}

/** What passed on the link, in order. A request comes before whatever answers it. */
export interface SessionStep {
  readonly op: "read" | "write" | "cccd" | "notify" | "indicate" | "idle" | "disconnect";
  /** Milliseconds since the link was made. Of a value: when it was taken from the radio. */
  readonly at_ms?: number;
  /** The characteristic's UUID. */
  readonly char?: string;
  /** Tells two characteristics with one UUID apart. */
  readonly handle?: number;
  /** What was read, written or sent. */
  readonly hex?: string;
  /** The device refused with this code. */
  readonly att_error?: number;
  /** It ended without an answer: the code of the failure. */
  readonly failed?: string;
  /** Of `cccd`. */
  readonly value?: "notify" | "indicate" | "off";
  /** Of `disconnect`. */
  readonly by?: "device" | "gateway";
  /** Of `idle`. */
  readonly seconds?: number;
}

/** Something of the owner's that was taken out, and where. */
export interface Scrubbing {
  readonly what: "address" | "serial-number" | "system-id" | "name" | "device-identifier" | "user-data";
  /** A characteristic's UUID, or "advertisement". */
  readonly where: string;
  readonly times: number;
}

export const sessionFixtureFormat = "carepost-session-1";

/** The bounds of a fixture. */
export const sessionStepsMax = 20_000;
export const sessionFileBytesMax = 8 * 2 ** 20;
