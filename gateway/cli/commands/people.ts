import type { Command } from "commander";
import { personArgument } from "../arguments.ts";
import { endHelp, newCommand } from "../command.ts";
import { printListing } from "../listing.ts";
import type { Terminal } from "../terminal.ts";
import { addStoreOptions, withStore, withStoreReader } from "../with-store.ts";
import type { StoreOptions } from "../with-store.ts";

interface PeopleOptions extends StoreOptions {
  readonly json?: true;
}

/** `carepost people`: opaque references, never a name. */
export function command(terminal: Terminal): Command {
  const people = newCommand("people", terminal)
    .usage("<command> [options]")
    .description("The people that devices can be assigned to: opaque references from the store's system, never a name.")
    .addCommand(listCommand(terminal))
    .addCommand(addCommand(terminal));
  return endHelp(people, terminal, {
    examples: [
      ["carepost people add p-7f3a", "make a reference known"],
      ["carepost people list --json", "all of them, for a program"],
    ],
  });
}

function listCommand(terminal: Terminal): Command {
  const list = newCommand("list", terminal)
    .summary("everybody who is known")
    .description("Lists everybody who is known.")
    .option("--json", "a JSON array of {reference, createdAt}");
  addStoreOptions(list).action(async ({ json, ...options }: PeopleOptions) => {
    await printListing(terminal, {
      items: await withStoreReader(options, (store) => store.people()),
      json: json === true,
      head: ["REFERENCE", "KNOWN SINCE"],
      row: ({ reference, createdAt }) => [reference, new Date(createdAt).toISOString().slice(0, 10)],
      whenEmpty: "Nobody is known yet. Add somebody with `carepost people add REFERENCE`.",
    });
  });
  return endHelp(list, terminal, { examples: [["carepost people list", "everybody"]] });
}

function addCommand(terminal: Terminal): Command {
  const add = newCommand("add", terminal)
    .summary("make a reference known")
    .description("Makes a reference known. Adding it again changes nothing.")
    .argument("<reference>", "an opaque reference; never a name, an e-mail address or a record number", personArgument);
  addStoreOptions(add).action(async (reference: string, options: StoreOptions) => {
    await withStore(options, async (store) => {
      const known = (await store.people()).some((person) => person.reference === reference);
      if (!known) await store.savePerson({ reference, createdAt: Date.now() });
      terminal.note(`${reference} is known ${known ? "already" : "now"}.\n`);
    });
  });
  return endHelp(add, terminal, { examples: [["carepost people add p-7f3a", "somebody new"]] });
}
