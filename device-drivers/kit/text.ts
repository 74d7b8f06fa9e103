import type { DecodeFault } from "./decode-fault.ts";
import { valueFault } from "./frame-fault.ts";
import { fail, ok } from "./result.ts";
import type { Result } from "./result.ts";

/**
 * A UTF-8 string characteristic. NULs at the end are padding and not part of the text. Octets that are no UTF-8 are a
 * `value` fault: a serial number with replacement characters in it would be another device's.
 */
export function decodeText(bytes: Uint8Array): Result<string, DecodeFault> {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  try {
    return ok(strictUtf8.decode(bytes.subarray(0, end)));
  } catch {
    return fail(valueFault("Text", "The octets are not UTF-8."));
  }
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const encodeText = (text: string): Uint8Array => new TextEncoder().encode(text);
