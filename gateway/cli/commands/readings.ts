import type { Command } from "commander";
import { readingsAttributed } from "../../care/held-readings.ts";
import { personArgument } from "../arguments.ts";
import { cliErrors } from "../cli-error.ts";
import { endHelp, newCommand } from "../command.ts";
import { printListing } from "../listing.ts";
import { findReading } from "../reading-pages.ts";
import { requireNotWithdrawn } from "../require-consent.ts";
import type { Terminal } from "../terminal.ts";
import { addStoreOptions, withStore, withStoreReader } from "../with-store.ts";
import type { StoreOptions } from "../with-store.ts";
import { limitOption } from "./readings-filter.ts";
import { heldCommand, listCommand, showCommand } from "./readings-list.ts";
import { deadLettersCommand } from "./readings-dead-letters.ts";
import { exportCommand } from "./readings-export.ts";

/** `carepost readings`: what the gateway has read, and the decisions that only a person can take about it. */
export function command(terminal: Terminal): Command {
  const readings = newCommand("readings", terminal)
    .usage("<command> [options]")
    .description("What the gateway has read: to look at, to take elsewhere, and to give to a person.")
    .commandsGroup("Look:")
    .addCommand(listCommand(terminal))
    .addCommand(showCommand(terminal))
    .addCommand(exportCommand(terminal))
    .commandsGroup("Decide:")
    .addCommand(heldCommand(terminal))
    .addCommand(assignCommand(terminal))
    .addCommand(quarantineCommand(terminal))
    .addCommand(deadLettersCommand(terminal));
  return endHelp(readings, terminal, {
    examples: [
      ["carepost readings list --limit 5", "the latest five"],
      ["carepost readings export --format csv > readings.csv", "all of them, for a spreadsheet"],
      ["carepost readings held", "those that belong to nobody yet"],
      ["carepost readings assign ID p-7f3a", "give one of them to a person"],
    ],
  });
}

function assignCommand(terminal: Terminal): Command {
  const assign = newCommand("assign", terminal)
    .summary("give a held reading to a person")
    .description("Gives a reading that is held for want of a person to one. It is then delivered, as a new revision.")
    .argument("<id>", "the reading's id, as `carepost readings held` shows it")
    .argument("<person>", "a reference that `carepost people list` shows", personArgument);
  addStoreOptions(assign).action(async (id: string, person: string, options: StoreOptions) => {
    await withStore(options, async (store) => {
      const known = (await store.people()).some(({ reference }) => reference === person);
      if (!known) throw cliErrors.make("unknown-person", "nobody of that reference is known");
      await requireNotWithdrawn(store, person, Date.now());
      const { reading, state } = await findReading(store, id);
      if (state !== "held") {
        throw cliErrors.make("reading-not-held", "that reading does not wait for a person");
      }
      await store.record(readingsAttributed({ at: Date.now(), actor: "command-line" }, [reading.id], person));
      terminal.note(`${reading.id} is ${person}'s and will be delivered.\n`);
    });
  });
  return endHelp(assign, terminal, { examples: [["carepost readings assign ID p-7f3a", "it is delivered then"]] });
}

interface QuarantineOptions extends StoreOptions {
  readonly limit: number;
  readonly after: number;
  readonly json?: true;
}

function quarantineCommand(terminal: Terminal): Command {
  const quarantine = newCommand("quarantine", terminal)
    .summary("frames that are no reading, kept whole, with the reason")
    .description(
      "Lists frames that are no reading: device faults, octets that break their definition, doubtful identities.",
    )
    .option("--json", "a JSON array, with the frames");
  addStoreOptions(limitOption(quarantine)).action(async ({ limit, after, json, ...options }: QuarantineOptions) => {
    await printListing(terminal, {
      items: await withStoreReader(options, (store) => store.quarantined({ afterId: after, limit })),
      json: json === true,
      head: ["ID", "WHEN", "REASON", "DEVICE", "DETAIL"],
      row: ({ id, at, reason, deviceId, detail }) => [
        { text: String(id), right: true },
        new Date(at).toISOString().slice(0, 19).replace("T", " "),
        reason,
        deviceId,
        detail,
      ],
      whenEmpty: "Nothing is in quarantine.",
    });
  });
  return endHelp(quarantine, terminal, {
    examples: [["carepost readings quarantine --json", "with the frames, whole"]],
  });
}
