import type { Command } from "commander";
import type { OutboxDeadLetter, Store } from "../../store/store.ts";
import { idsArgument } from "../arguments.ts";
import { endHelp, newCommand } from "../command.ts";
import { printListing } from "../listing.ts";
import type { Terminal } from "../terminal.ts";
import { addStoreOptions, withStore, withStoreReader } from "../with-store.ts";
import type { StoreOptions } from "../with-store.ts";
import { limitOption } from "./readings-filter.ts";

interface DeadLetterOptions extends StoreOptions {
  readonly limit: number;
  readonly after: number;
  readonly json?: true;
}

/** `carepost readings dead-letters`: what the ingestion end rejected, on the gateway's side. */
export function deadLettersCommand(terminal: Terminal): Command {
  const letters = newCommand("dead-letters", terminal)
    .summary("readings that the ingestion end rejected: list, replay")
    .usage("<command> [options]")
    .description("Readings that the ingestion end rejected. They stay here until they are sent again.")
    .addCommand(listCommand(terminal))
    .addCommand(replayCommand(terminal));
  return endHelp(letters, terminal, {
    examples: [
      ["carepost readings dead-letters list", "what was rejected, and why"],
      ["carepost readings dead-letters replay", "send all of it again"],
    ],
  });
}

function listCommand(terminal: Terminal): Command {
  const list = newCommand("list", terminal)
    .summary("what was rejected, and why")
    .description("Lists what was rejected, and why, the oldest first.")
    .option("--json", "a JSON array of {id, readingId, code, reason, at}");
  addStoreOptions(limitOption(list)).action(async ({ limit, after, json, ...options }: DeadLetterOptions) => {
    await printListing(terminal, {
      items: await withStoreReader(options, (store) => store.deadLetters({ afterId: after, limit })),
      json: json === true,
      head: ["ID", "WHEN", "CODE", "REASON", "READING"],
      row: ({ id, at, code, reason, readingId }) => [
        { text: String(id), right: true },
        new Date(at).toISOString().slice(0, 19).replace("T", " "),
        code,
        reason,
        readingId,
      ],
      whenEmpty: "There are no dead letters.",
    });
  });
  return endHelp(list, terminal, { examples: [["carepost readings dead-letters list", "what was rejected, and why"]] });
}

function replayCommand(terminal: Terminal): Command {
  const replay = newCommand("replay", terminal)
    .summary("send them again")
    .description("Puts dead letters back into the outbox, so that the gateway sends them again.")
    .addArgument(idsArgument());
  addStoreOptions(replay).action(async (ids: readonly number[], options: StoreOptions) => {
    const replayed = await withStore(options, async (store) =>
      store.replayDeadLetters(ids.length === 0 ? await everyId(store) : ids),
    );
    terminal.note(`${replayed} put back into the outbox.\n`);
  });
  return endHelp(replay, terminal, {
    examples: [
      ["carepost readings dead-letters replay", "all of them"],
      ["carepost readings dead-letters replay 3 7", "these two"],
    ],
  });
}

const pageLetters = 1000;

async function everyId(store: Store): Promise<readonly number[]> {
  const ids: number[] = [];
  let page: readonly OutboxDeadLetter[];
  do {
    page = await store.deadLetters({ afterId: ids.at(-1) ?? 0, limit: pageLetters });
    ids.push(...page.map(({ id }) => id));
  } while (page.length === pageLetters);
  return ids;
}
