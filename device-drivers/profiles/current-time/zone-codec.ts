import { ByteWriter } from "../../kit/byte-writer.ts";
import type { DecodeFault } from "../../kit/decode-fault.ts";
import { lengthFault, valueFault } from "../../kit/frame-fault.ts";
import { fail, ok } from "../../kit/result.ts";
import type { Result } from "../../kit/result.ts";

/** Local Time Information (2A0F): minutes east of UTC, without daylight saving, and what that adds. */
export interface LocalTimeInformation {
  readonly timeZoneMin: number | null;
  readonly dstOffsetMin: number | null;
}

/** Time Zone (2A0E): minutes, in steps of 15; null means unknown. Faults: `value` beyond -12 h or +14 h. */
export function decodeTimeZone(bytes: Uint8Array): Result<number | null, DecodeFault> {
  const fault = lengthFault("Time Zone", bytes, 1);
  if (fault !== null) return fail(fault);
  const quarters = ((bytes[0] ?? 0) << 24) >> 24;
  if (quarters === unknownZone) return ok(null);
  if (quarters >= -48 && quarters <= 56) return ok(quarters * 15);
  return fail(valueFault("Time Zone", `There is no time zone ${quarters * 15} minutes from UTC.`, 0));
}

/** Throws `RangeError` for what is not a step of 15 minutes from -12 h to +14 h. */
export function encodeTimeZone(minutes: number | null): Uint8Array {
  const quarters = minutes === null ? unknownZone : minutes / 15;
  const octet = new ByteWriter().int8(quarters).bytes();
  if (!decodeTimeZone(octet).ok) throw new RangeError(`There is no time zone ${minutes} minutes from UTC.`);
  return octet;
}

const unknownZone = -128;

/** DST Offset (2A0D): minutes; null means unknown. Faults: `value` for a reserved octet. */
export function decodeDstOffset(bytes: Uint8Array): Result<number | null, DecodeFault> {
  const fault = lengthFault("DST Offset", bytes, 1);
  if (fault !== null) return fail(fault);
  const entry = dstOffsets.find(([octet]) => octet === bytes[0]);
  if (entry !== undefined) return ok(entry[1]);
  return fail(valueFault("DST Offset", `${bytes[0]} is not an offset of daylight saving.`, 0));
}

/** Throws `RangeError` for what is not 0, 30, 60 or 120 minutes. */
export function encodeDstOffset(minutes: number | null): Uint8Array {
  const entry = dstOffsets.find(([, offset]) => offset === minutes);
  if (entry === undefined) throw new RangeError(`${minutes} minutes is not an offset of daylight saving.`);
  return Uint8Array.of(entry[0]);
}

const dstOffsets: readonly (readonly [number, number | null])[] = [
  [0, 0],
  [2, 30],
  [4, 60],
  [8, 120],
  [255, null],
];

/** Faults as of its two parts. */
export function decodeLocalTimeInformation(bytes: Uint8Array): Result<LocalTimeInformation, DecodeFault> {
  const fault = lengthFault("Local Time Information", bytes, 2);
  if (fault !== null) return fail(fault);
  const zone = decodeTimeZone(bytes.subarray(0, 1));
  if (!zone.ok) return zone;
  const dst = decodeDstOffset(bytes.subarray(1));
  return dst.ok ? ok({ timeZoneMin: zone.value, dstOffsetMin: dst.value }) : dst;
}

/** Throws `RangeError` as its two parts do. */
export const encodeLocalTimeInformation = ({ timeZoneMin, dstOffsetMin }: LocalTimeInformation): Uint8Array =>
  new ByteWriter().raw(encodeTimeZone(timeZoneMin)).raw(encodeDstOffset(dstOffsetMin)).bytes();

/** Reference Time Information (2A14): where the device's clock has its time from, and how old that is. */
export interface ReferenceTimeInformation {
  /** 0 unknown, 1 network, 2 GPS, 3 radio, 4 manual, 5 atomic, 6 cellular, 7 not synchronized. */
  readonly source: number;
  /** Eighths of a second; 254 means more than 31.6 s, 255 unknown. */
  readonly accuracyEighths: number;
  /** 255 means 255 or more. */
  readonly daysSinceUpdate: number;
  /** 0 to 23; 255 goes with 255 days. */
  readonly hoursSinceUpdate: number;
}

/** Faults: `too_short`, `too_long`; `value` for a reserved source or an hour 24 to 254. */
export function decodeReferenceTimeInformation(bytes: Uint8Array): Result<ReferenceTimeInformation, DecodeFault> {
  const fault = lengthFault("Reference Time Information", bytes, 4);
  if (fault !== null) return fail(fault);
  const [source = 0, accuracyEighths = 0, daysSinceUpdate = 0, hoursSinceUpdate = 0] = bytes;
  if (source > 7) return fail(valueFault("Time Source", `${source} is not a source of time.`, 0));
  if (hoursSinceUpdate > 23 && hoursSinceUpdate !== 255) {
    return fail(valueFault("Hours Since Update", `A day does not have ${hoursSinceUpdate} hours.`, 3));
  }
  return ok({ source, accuracyEighths, daysSinceUpdate, hoursSinceUpdate });
}

/** Throws `RangeError` for what `decodeReferenceTimeInformation` would reject. */
export function encodeReferenceTimeInformation(information: ReferenceTimeInformation): Uint8Array {
  const { source, accuracyEighths, daysSinceUpdate, hoursSinceUpdate } = information;
  const writer = new ByteWriter().uint8(source).uint8(accuracyEighths).uint8(daysSinceUpdate).uint8(hoursSinceUpdate);
  const decoded = decodeReferenceTimeInformation(writer.bytes());
  if (!decoded.ok) throw new RangeError(decoded.error.reason);
  return writer.bytes();
}
