import { crc16Mcrf4xx } from "./crc.ts";
import type { DecodeFault } from "./decode-fault.ts";
import { tooShort } from "./frame-fault.ts";
import { fail, ok } from "./result.ts";
import type { Result } from "./result.ts";

/**
 * The E2E-CRC ends a frame of a device whose Feature characteristic announces it, and covers all octets before it.
 * Gives the frame without it. Faults: `crc` when it does not match, `too_short` when there is none.
 */
export function stripE2eCrc(bytes: Uint8Array): Result<Uint8Array, DecodeFault> {
  const end = bytes.length - 2;
  if (end < 0) return fail(tooShort("A frame with an E2E-CRC", bytes, 2));
  const frame = bytes.subarray(0, end);
  const sent = (bytes[end] ?? 0) | ((bytes[end + 1] ?? 0) << 8);
  const computed = crc16Mcrf4xx(frame);
  if (sent === computed) return ok(frame);
  const hex = (crc: number): string => crc.toString(16).toUpperCase().padStart(4, "0");
  return fail({
    kind: "crc",
    field: "E2E-CRC",
    reason: `The E2E-CRC is ${hex(sent)}; the octets give ${hex(computed)}.`,
    offset: end,
  });
}

export function appendE2eCrc(frame: Uint8Array): Uint8Array {
  const crc = crc16Mcrf4xx(frame);
  const bytes = new Uint8Array(frame.length + 2);
  bytes.set(frame);
  bytes.set([crc & 0xff, crc >> 8], frame.length);
  return bytes;
}
