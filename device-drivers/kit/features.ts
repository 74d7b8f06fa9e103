import type { DecodeFault } from "./decode-fault.ts";
import { lengthFault } from "./frame-fault.ts";
import { bitsOfNames, namesOfBits } from "./name-table.ts";
import { fail, ok } from "./result.ts";
import type { Result } from "./result.ts";

/** A Feature characteristic of 16 bits: the names of what is supported, from bit 0 up. Reserved bits are ignored. */
export interface FeatureTable {
  readonly characteristic: string;
  readonly names: readonly string[];
}

/** Faults: `too_short` and `too_long` when there are not two octets. */
export function decodeFeatures(table: FeatureTable, bytes: Uint8Array): Result<readonly string[], DecodeFault> {
  const fault = lengthFault(table.characteristic, bytes, 2);
  if (fault !== null) return fail(fault);
  return ok(namesOfBits(table.names, (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8)));
}

/** Throws `RangeError` for a name that is not in the table. */
export function encodeFeatures(table: FeatureTable, features: readonly string[]): Uint8Array {
  const bits = bitsOfNames(table.names, features);
  return Uint8Array.of(bits & 0xff, bits >> 8);
}
