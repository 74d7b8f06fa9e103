import type { Command } from "commander";
import type { StoredEvent } from "../../../cloud-sync/ingest/sink.ts";
import { wholeNumber } from "../arguments.ts";
import { endHelp, newCommand } from "../command.ts";
import { tableText } from "../table.ts";
import type { Cell } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { addSinkOptions, withSinkReader } from "../with-sink.ts";
import type { SinkOptions } from "../with-sink.ts";

interface EventsOptions extends SinkOptions {
  readonly limit: number;
  readonly after: number;
  readonly detail?: true;
  readonly json?: true;
}

/** `carepost ingest events`: what happened at the gateways beside readings. */
export function eventsCommand(terminal: Terminal): Command {
  const events = newCommand("events", terminal)
    .summary("what happened at the gateways beside readings")
    .description(
      "Lists what happened at the gateways beside readings, as readings that were dropped on an operator's order, in the order in which it was stored. What an event says may name a person: it is shown on request.",
    )
    .option("--detail", "show what each event says too")
    .option("--limit <number>", "at most this many", wholeNumber(1, 10_000), 50)
    .option("--after <position>", "only those after this one", wholeNumber(0, Number.MAX_SAFE_INTEGER), 0)
    .option("--json", "a JSON object a line: {position, committedAt, event}, the event as it came");
  addSinkOptions(events).action(async ({ limit, after, detail, json, ...options }: EventsOptions) => {
    const found = await withSinkReader(options, (sink) => sink.events({ afterPosition: after, limit }));
    if (json === true) return await terminal.out(found.map(jsonLine).join(""));
    if (found.length === 0)
      return terminal.note(after === 0 ? "There are no events.\n" : "There are no more events.\n");
    const style = (text: string): string => terminal.paint("bold", text);
    const titles = ["POSITION", "WHEN", "GATEWAY", "TYPE", "ID", ...(detail === true ? ["DETAIL"] : [])];
    const rows = found.map((event) => cells(event).concat(detail === true ? [detailOf(event.body)] : []));
    await terminal.out(tableText([titles.map((text) => ({ text, style })), ...rows]));
    const last = found.at(-1)?.position;
    if (found.length === limit && last !== undefined) terminal.note(`More may follow: --after ${last}\n`);
  });
  return endHelp(events, terminal, {
    examples: [
      ["carepost ingest events", "the first fifty"],
      ["carepost ingest events --json --after 120", "those after position 120, for a program"],
    ],
  });
}

const cells = ({ position, at, gateway, type, id }: StoredEvent): readonly Cell[] => [
  { text: String(position), right: true },
  timeOf(at),
  gateway,
  type,
  id,
];

/** As the gateway's clock had it; a number that is no time is shown as it is. */
function timeOf(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString().slice(0, 19).replace("T", " ");
}

const detailCharsMax = 120;

/** What the event itself says, but for its type: `readingId=… reason=quota`. What could steer a terminal is replaced. */
function detailOf(body: string): string {
  const { event } = Object(JSON.parse(body));
  const parts = Object.entries(Object(event)).flatMap(([name, value]) =>
    name === "type" ? [] : [`${name}=${wordOf(value)}`],
  );
  const text = parts.join(" ").replaceAll(/[^\x20-\x7E…]/g, "?");
  return text.length > detailCharsMax ? `${text.slice(0, detailCharsMax - 1)}…` : text;
}

function wordOf(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "object" ? "…" : JSON.stringify(value);
}

/** The body is put in as it is: parsing and writing it again would change numbers that a double cannot hold. */
const jsonLine = ({ position, committedAt, body }: StoredEvent): string =>
  `{"position":${position},"committedAt":${committedAt},"event":${oneLine(body)}}\n`;

/** Between the tokens of JSON a line break is a blank like any other, and inside of them there is none. */
const oneLine = (body: string): string => body.replaceAll(/[\r\n]/g, " ");
