import type { Command } from "commander";
import { listDeadLetters, replayDeadLetters, type ReplayReport } from "../../../cloud-sync/ingest/dead-letters.ts";
import { lettersAtOnceMax } from "../../control/ingest-protocol.ts";
import { systemClock } from "../../system-clock.ts";
import { bytesText } from "../age-text.ts";
import { idsArgument } from "../arguments.ts";
import { endHelp, newCommand } from "../command.ts";
import { printListing } from "../listing.ts";
import type { Terminal } from "../terminal.ts";
import { groupsOf, withIngestor } from "../with-ingestor.ts";
import { addSinkOptions, withSinkReader } from "../with-sink.ts";
import type { SinkOptions } from "../with-sink.ts";
import { limitOption } from "./readings-filter.ts";

interface ListOptions extends SinkOptions {
  readonly limit: number;
  readonly after: number;
  readonly payload?: true;
  readonly json?: true;
}

interface ReplayOptions extends SinkOptions {
  readonly json?: true;
}

/** `carepost ingest dead-letters`: what the ingestion end could not take, whole, with the reason. */
export function deadLettersCommand(terminal: Terminal): Command {
  const letters = newCommand("dead-letters", terminal)
    .summary("what could not be taken: list, replay")
    .usage("<command> [options]")
    .description("What the ingestion end could not take, kept whole with the reason.")
    .addCommand(listCommand(terminal))
    .addCommand(replayCommand(terminal));
  return endHelp(letters, terminal, {
    examples: [
      ["carepost ingest dead-letters list", "what there is, and what to do about it"],
      ["carepost ingest dead-letters replay", "judge all of it again, after an update"],
    ],
  });
}

function listCommand(terminal: Terminal): Command {
  const list = newCommand("list", terminal)
    .summary("what could not be taken, and why")
    .description(
      "Lists what could not be taken, the oldest first. Payloads may name a person: they are shown on request.",
    )
    .option("--payload", "show the payloads too")
    .option("--json", "a JSON array");
  addSinkOptions(limitOption(list)).action(async ({ limit, after, payload, json, ...options }: ListOptions) => {
    const letters = await withSinkReader(options, (sink) => listDeadLetters(sink, { afterId: after, limit }));
    const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    const items = letters.map(({ payload: bytes, ...letter }) =>
      Object.assign(letter, { bytes: bytes.byteLength }, payload === true ? { payload: textOf(bytes) } : {}),
    );
    await printListing(terminal, {
      items,
      json: json === true,
      head: ["ID", "WHEN", "GATEWAY", "CODE", "REASON", "SIZE", ...(payload === true ? ["PAYLOAD"] : [])],
      row: (letter) => [
        { text: String(letter.id), right: true },
        new Date(letter.receivedAt).toISOString().slice(0, 19).replace("T", " "),
        letter.gateway,
        letter.code,
        letter.reason,
        bytesText(letter.bytes),
        ...(payload === true ? [textOf(letters.find(({ id }) => id === letter.id)?.payload ?? new Uint8Array())] : []),
      ],
      whenEmpty: "There are no dead letters.",
    });
  });
  return endHelp(list, terminal, {
    examples: [
      ["carepost ingest dead-letters list", "what there is, and what to do about it"],
      ["carepost ingest dead-letters list --payload --json", "all of it, for a program"],
    ],
  });
}

function replayCommand(terminal: Terminal): Command {
  const replay = newCommand("replay", terminal)
    .summary("judge them again, and store what is valid now")
    .description(
      "Judges dead letters again by today's rules and stores what is valid now. An ingestor may run meanwhile: then it does the work.",
    )
    .addArgument(idsArgument())
    .option("--json", "a JSON object {examined, replayed, stored, duplicates, remaining}");
  addSinkOptions(replay).action(async (ids: readonly number[], { json, ...options }: ReplayOptions) => {
    const report = await replayed(ids, options);
    if (json === true) return await terminal.out(`${JSON.stringify(report)}\n`);
    const { examined, replayed: right, stored, duplicates, remaining } = report;
    const wrong = examined - right;
    terminal.note(
      `${examined} judged again: ${stored} stored, ${duplicates} were there already, ${wrong} still wrong.\n`,
    );
    for (const { id, code, reason } of remaining) terminal.note(`  ${id}  ${code}  ${reason}\n`);
    const untold = wrong - remaining.length;
    if (untold > 0) terminal.note(`  and ${untold} more: carepost ingest dead-letters list\n`);
  });
  return endHelp(replay, terminal, { examples: [["carepost ingest dead-letters replay", "all of them"]] });
}

/** All of them if none is named. */
async function replayed(ids: readonly number[], options: SinkOptions): Promise<ReplayReport> {
  const op = "replay" as const;
  const groups = groupsOf(ids, lettersAtOnceMax);
  const reports = await withIngestor<"replay">(options, {
    questions: groups.length === 0 ? [{ op }] : groups.map((group) => ({ op, ids: group })),
    own: (sink, { ids: wanted }) =>
      replayDeadLetters(sink, { clock: systemClock, ...(wanted === undefined ? {} : { ids: wanted }) }),
  });
  const sumOf = (count: "examined" | "replayed" | "stored" | "duplicates"): number =>
    reports.reduce((sum, report) => sum + report[count], 0);
  return {
    examined: sumOf("examined"),
    replayed: sumOf("replayed"),
    stored: sumOf("stored"),
    duplicates: sumOf("duplicates"),
    remaining: reports.flatMap(({ remaining }) => remaining),
  };
}
