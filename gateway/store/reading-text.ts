import type { Reading } from "../../cloud-sync/contract/reading.ts";
import { sqliteErrors } from "../../cloud-sync/sqlite/sqlite-error.ts";

/**
 * A reading from the text that the store wrote itself. It is not validated again, because it was a `Reading` when it
 * was written, and a text that is no JSON any more is damage to the file.
 */
export function readingFrom(body: string): Reading {
  try {
    const reading: Reading = JSON.parse(body);
    return reading;
  } catch (cause) {
    throw sqliteErrors.make("store-damaged", "a stored reading is not JSON any more", { cause });
  }
}
