import type { Command } from "commander";
import { homesAtOnceMax } from "../../control/ingest-protocol.ts";
import { gatewayIdArgument, peopleArgument, personArgument, wholeNumber } from "../arguments.ts";
import { endHelp, newCommand } from "../command.ts";
import { readHomes } from "../home-lines.ts";
import { printListing } from "../listing.ts";
import type { Terminal } from "../terminal.ts";
import { groupsOf, withIngestor } from "../with-ingestor.ts";
import { addSinkOptions, withSinkReader } from "../with-sink.ts";
import type { SinkOptions } from "../with-sink.ts";

interface ListOptions extends SinkOptions {
  readonly limit: number;
  readonly after: string;
  readonly json?: true;
}

const whereItMayRun =
  "An ingestor may run meanwhile: then it does the work. The hub gets its roster as soon as it is connected.";

/** `carepost ingest homes`: which home hub reads whose devices. */
export function homesCommand(terminal: Terminal): Command {
  const homes = newCommand("homes", terminal)
    .summary("which home hub reads whose devices: list, set, remove")
    .usage("<command> [options]")
    .description(
      "Where people are at home. A device that a person is enrolled with at a kiosk is read by the hub of that person's home.",
    )
    .addCommand(listCommand(terminal))
    .addCommand(setCommand(terminal))
    .addCommand(removeCommand(terminal));
  return endHelp(homes, terminal, {
    examples: [
      ["carepost ingest homes set p-7f3a hub-0001", "this person's devices are read by this hub"],
      ["carepost ingest homes set --from homes.csv", "many at once: a line each, person,gateway"],
      ["carepost ingest homes list", "the first fifty"],
    ],
  });
}

function listCommand(terminal: Terminal): Command {
  const list = newCommand("list", terminal)
    .summary("people and their home hubs")
    .description("Lists people and their home hubs.")
    .option("--limit <number>", "at most this many", wholeNumber(1, 10_000), 50)
    .option("--after <person>", "only those after this one", "")
    .option("--json", "a JSON array of {person, gateway}");
  addSinkOptions(list).action(async ({ limit, after, json, ...options }: ListOptions) => {
    const items = await withSinkReader(options, (sink) => sink.rosters.homes({ afterPerson: after, limit }));
    await printListing(terminal, {
      items,
      json: json === true,
      head: ["PERSON", "HOME HUB"],
      row: ({ person, gateway }) => [person, gateway],
      whenEmpty: "Nobody has a home hub yet. Say who has with `carepost ingest homes set PERSON HUB`.",
    });
    const last = items.at(-1)?.person;
    if (items.length === limit && last !== undefined) terminal.note(`More may follow: --after ${last}\n`);
  });
  return endHelp(list, terminal, {
    examples: [
      ["carepost ingest homes list", "the first fifty"],
      ["carepost ingest homes list --json --limit 10000", "many, for a program"],
    ],
  });
}

function setCommand(terminal: Terminal): Command {
  const set = newCommand("set", terminal)
    .summary("say which hub is whose home")
    .description(
      `Says which hub is whose home. Who had another has it no more; saying it again changes nothing. ${whereItMayRun}`,
    )
    .argument("[person]", "the person's opaque reference", personArgument)
    .argument("[gateway]", "the hub's gateway id", gatewayIdArgument)
    .option("--from <file>", "take them from a file: person,gateway a line, such as the store's system exports");
  addSinkOptions(set).action(
    async (
      person: string | undefined,
      gateway: string | undefined,
      { from, ...options }: SinkOptions & { readonly from?: string },
    ) => {
      const isNamed = person !== undefined && gateway !== undefined;
      if (isNamed === (from !== undefined) || (person !== undefined && gateway === undefined)) {
        set.error("error: give a person and a hub, or --from and a file", { exitCode: 2 });
      }
      const homes = isNamed ? [{ person, gateway }] : await readHomes(from ?? "");
      const answers = await withIngestor<"set-homes">(options, {
        questions: groupsOf(homes, homesAtOnceMax).map((group) => ({ op: "set-homes", homes: group })),
        own: async ({ rosters }, { homes: group }) => ({ changed: await rosters.setHomes(group) }),
      });
      terminal.note(`${homes.length} said, ${changedOf(answers)} of them new or another than before.\n`);
    },
  );
  return endHelp(set, terminal, {
    examples: [
      ["carepost ingest homes set p-7f3a hub-0001", "one person"],
      ["carepost ingest homes set --from homes.csv", "many"],
    ],
  });
}

function removeCommand(terminal: Terminal): Command {
  const remove = newCommand("remove", terminal)
    .summary("these people have no home hub any more")
    .description(`These people have no home hub any more: it reads their devices no longer. ${whereItMayRun}`)
    .addArgument(peopleArgument());
  addSinkOptions(remove).action(async (people: readonly string[], options: SinkOptions) => {
    const answers = await withIngestor<"remove-homes">(options, {
      questions: groupsOf(people, homesAtOnceMax).map((group) => ({ op: "remove-homes", people: group })),
      own: async ({ rosters }, { people: group }) => ({ changed: await rosters.removeHomes(group) }),
    });
    terminal.note(`${changedOf(answers)} of ${people.length} had a home hub, and have none now.\n`);
  });
  return endHelp(remove, terminal, { examples: [["carepost ingest homes remove p-7f3a", "one person"]] });
}

const changedOf = (answers: readonly { readonly changed: number }[]): number =>
  answers.reduce((sum, { changed }) => sum + changed, 0);
