import type { Command } from "commander";
import type { OutboxDeadLetter, Store } from "../../store/store.ts";
import { oneMoreId } from "../arguments.ts";
import { newCommand } from "../command.ts";
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
  return newCommand("dead-letters", terminal)
    .summary("readings that the ingestion end rejected: list, replay")
    .description("Readings that the ingestion end rejected. They stay here until they are sent again.")
    .addCommand(listCommand(terminal))
    .addCommand(replayCommand(terminal));
}

function listCommand(terminal: Terminal): Command {
  return limitOption(addStoreOptions(newCommand("list", terminal)))
    .summary("what was rejected, and why")
    .description("Lists what was rejected, and why, the oldest first.")
    .option("--json", "a JSON array of {id, readingId, code, reason, at}")
    .action(async ({ limit, after, json, ...options }: DeadLetterOptions) => {
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
}

function replayCommand(terminal: Terminal): Command {
  return addStoreOptions(newCommand("replay", terminal))
    .summary("send them again")
    .description("Puts dead letters back into the outbox, so that the gateway sends them again.")
    .argument("[ids...]", "their ids; all of them if none is given", oneMoreId, [])
    .action(async (ids: readonly number[], options: StoreOptions) => {
      const replayed = await withStore(options, async (store) =>
        store.replayDeadLetters(ids.length === 0 ? await everyId(store) : ids),
      );
      terminal.note(`${replayed} put back into the outbox.\n`);
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
