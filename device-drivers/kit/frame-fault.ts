import type { DecodeFault } from "./decode-fault.ts";

/** The frame ends before the last field that its flags, or its definition, promise. */
export const tooShort = (frame: string, bytes: Uint8Array, required: number): DecodeFault => ({
  kind: "too_short",
  reason: `${frame} needs ${required} octets and has ${bytes.length}.`,
  offset: bytes.length,
});

/** Null if a fixed-length characteristic has its length. */
export function lengthFault(frame: string, bytes: Uint8Array, octets: number): DecodeFault | null {
  if (bytes.length === octets) return null;
  if (bytes.length < octets) return tooShort(frame, bytes, octets);
  return { kind: "too_long", reason: `${frame} has ${octets} octets, not ${bytes.length}.`, offset: octets };
}

/** A field holds what its definition forbids. */
export const valueFault = (field: string, reason: string, offset?: number): DecodeFault =>
  offset === undefined ? { kind: "value", field, reason } : { kind: "value", field, reason, offset };
