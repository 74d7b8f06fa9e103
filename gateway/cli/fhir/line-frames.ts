import { knownCharacteristics } from "../../../device-drivers/characteristics.ts";
import { decodeDateTime } from "../../../device-drivers/kit/date-time.ts";
import type { DecodeFault } from "../../../device-drivers/kit/decode-fault.ts";
import { fromHex, toHex } from "../../../device-drivers/kit/hex.ts";
import type { Result } from "../../../device-drivers/kit/result.ts";
import { type DeviceDateTime, isKnown } from "../../../device-drivers/measurement/device-time.ts";
import type { RawFrame } from "../../../device-drivers/measurement/measurement.ts";
import { decodeBloodPressureFeature } from "../../../device-drivers/profiles/blood-pressure/feature-codec.ts";
import { type CurrentTime, decodeCurrentTime } from "../../../device-drivers/profiles/current-time/codec.ts";
import { decodeSystemId, systemIdText } from "../../../device-drivers/profiles/device-information/codec.ts";
import { informationText } from "../../../device-drivers/profiles/device-information/read-information.ts";
import { cliErrors } from "../cli-error.ts";
import type { FhirLine } from "./line-schema.ts";

/** The frames of a line, sorted by what they are about. */
export interface LineFrames {
  /** Those that hold measurements, in the order of the line. */
  readonly records: readonly RecordFrame[];
  /** What the device's clock showed, by the last frame that tells. */
  readonly clock: FrameClock | null;
  /** A CRC ends each frame of 2B34 and each record of 2B36. */
  readonly hasCrc: boolean;
  /** Device Information (180A): the text of 2A29 and the like, and the System ID, OUI first. */
  readonly information: ReadonlyMap<string, string>;
}

export interface FrameClock {
  readonly shown: DeviceDateTime;
  /** The place of its frame in the line. */
  readonly index: number;
}

export interface RecordFrame extends RawFrame {
  /** Its place in the line, from 0. */
  readonly index: number;
}

/** The place in its line of a frame that came out of one: 0 if it is not told. */
export const frameIndex = (frame: RawFrame | undefined): number =>
  frame !== undefined && "index" in frame ? Number(frame.index) : 0;

const recordCharacteristics: ReadonlySet<string> = new Set(["2A18", "2A34", "2A35", "2B34", "2B36"]);
const textCharacteristics: ReadonlySet<string> = new Set(["2A24", "2A25", "2A26", "2A27", "2A28", "2A29"]);

/**
 * Characteristics that Carepost knows and that hold neither a result nor anything that a bundle tells are passed over:
 * the cuff's pressure while it measures (2A36, 2B35) is a live display and no result.
 *
 * @throws CarepostError `not-hex`, `unknown-characteristic`, or `frame-rejected` for octets that break their definition
 */
export function lineFrames(frames: FhirLine["frames"]): LineFrames {
  const records: RecordFrame[] = [];
  const information = new Map<string, string>();
  let clock: FrameClock | null = null;
  let hasCrc = false;
  for (const [index, { characteristic, hex }] of frames.entries()) {
    const frame = { index, characteristic: shortUuid(characteristic), bytes: octets(hex, index) };
    if (recordCharacteristics.has(frame.characteristic)) records.push(frame);
    else if (textCharacteristics.has(frame.characteristic)) keepText(information, frame);
    else if (frame.characteristic === "2A23") {
      information.set("2A23", systemIdText(required(decodeSystemId(frame.bytes), frame)));
    } else if (frame.characteristic === "2A2B") {
      clock = clockOf(decodeCurrentTime(frame.bytes), frame) ?? clock;
    } else if (frame.characteristic === "2A08") clock = clockOf(decodeDateTime(frame.bytes), frame) ?? clock;
    else if (frame.characteristic === "2A49") {
      hasCrc = required(decodeBloodPressureFeature(frame.bytes), frame).includes("e2e_crc");
    } else if (!known.has(frame.characteristic)) throw unknown(frame);
  }
  return { records, clock, hasCrc, information };
}

/** A clock that shows what no calendar has tells as little as one that is not set: the measurements stand beside it. */
function clockOf(decoded: Result<DeviceDateTime | CurrentTime, DecodeFault>, frame: RecordFrame): FrameClock | null {
  if (!decoded.ok && decoded.error.kind === "value") return null;
  const time = required(decoded, frame);
  const shown = "time" in time ? time.time : time;
  return isKnown(shown) ? { shown, index: frame.index } : null;
}

/** What the codec gave; or `frame-rejected`, with the place of the frame and the kind of its fault. */
export function required<T>(decoded: Result<T, DecodeFault>, { index }: Pick<RecordFrame, "index">): T {
  if (decoded.ok) return decoded.value;
  const { kind, reason } = decoded.error;
  throw cliErrors.make("frame-rejected", `frame ${index}: ${reason}`, { context: { frame: index, fault: kind } });
}

const known: ReadonlySet<string> = new Set(knownCharacteristics.map(({ uuid }) => uuid));

const unknown = ({ index, characteristic }: RecordFrame): Error =>
  cliErrors.make("unknown-characteristic", `frame ${index}: there is no decoder for ${characteristic.slice(0, 40)}`, {
    context: { frame: index },
  });

function octets(hex: string, index: number): Uint8Array {
  const bytes = fromHex(hex.replace(/^0x/i, "").replaceAll(/[\s:-]/g, ""));
  if (bytes !== null) return bytes;
  throw cliErrors.make("not-hex", `frame ${index}: the octets are not pairs of hex digits`, {
    context: { frame: index },
  });
}

function keepText(information: Map<string, string>, { characteristic, bytes }: RecordFrame): void {
  const text = informationText(characteristic, bytes);
  if (text !== null) information.set(characteristic, text);
}

function shortUuid(characteristic: string): string {
  const upper = characteristic.trim().toUpperCase();
  const sig = /^0000([0-9A-F]{4})-?0000-?1000-?8000-?00805F9B34FB$/.exec(upper) ?? /^0X([0-9A-F]{4})$/.exec(upper);
  return sig?.[1] ?? upper;
}

/** 16 hex digits without what stood between them; null for one that is no identity at all. */
export function plainSystemId(text: string | null | undefined): string | null {
  const bytes = fromHex((text ?? "").replace(/^0x/i, "").replaceAll(/[\s:-]/g, ""));
  if (bytes?.length !== 8 || bytes.every((octet) => octet === bytes[0])) return null;
  return toHex(bytes);
}
