import { tableText } from "./table.ts";
import type { Cell } from "./table.ts";
import type { Terminal } from "./terminal.ts";

export interface Listing<Item> {
  readonly items: readonly Item[];
  /** Print a JSON array in place of a table. */
  readonly json: boolean;
  readonly head: readonly string[];
  readonly row: (item: Item) => readonly Cell[];
  /** What to say, and what to do, where there is nothing. */
  readonly whenEmpty: string;
}

/** A list as a table for a person or as a JSON array for a program. */
export async function printListing<Item>(terminal: Terminal, listing: Listing<Item>): Promise<void> {
  if (listing.json) {
    await terminal.out(`${JSON.stringify(listing.items)}\n`);
  } else if (listing.items.length === 0) {
    terminal.note(`${listing.whenEmpty}\n`);
  } else {
    const style = (text: string): string => terminal.paint("bold", text);
    const head = listing.head.map((text) => ({ text, style }));
    await terminal.out(tableText([head, ...listing.items.map(listing.row)]));
  }
}
