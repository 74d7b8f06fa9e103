import { knownCharacteristics } from "../../../device-drivers/characteristics.ts";
import { printListing } from "../listing.ts";
import type { Terminal } from "../terminal.ts";

/** Prints what can be decoded. */
export async function printKnown(terminal: Terminal, json: boolean): Promise<void> {
  await printListing(terminal, {
    items: knownCharacteristics,
    json,
    head: ["UUID", "NAME"],
    row: ({ uuid, name }) => [uuid, name],
    whenEmpty: "Nothing can be decoded.",
  });
}
