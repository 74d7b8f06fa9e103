import type { Command } from "commander";
import type { StoredReading } from "../../store/store.ts";
import { wholeNumber } from "../arguments.ts";
import { endHelp, newCommand } from "../command.ts";
import { printListing } from "../listing.ts";
import { findReading, shortIdChars } from "../reading-pages.ts";
import { timeText, valueText } from "../reading-text.ts";
import { tableText } from "../table.ts";
import type { Paint, Terminal } from "../terminal.ts";
import { addStoreOptions, withStoreReader } from "../with-store.ts";
import type { StoreOptions } from "../with-store.ts";
import { filterOf, filterOptions } from "./readings-filter.ts";
import type { FilterOptions } from "./readings-filter.ts";

interface ListOptions extends FilterOptions {
  readonly limit: number;
  readonly json?: true;
}

export function listCommand(terminal: Terminal): Command {
  const list = newCommand("list", terminal)
    .summary("the latest readings")
    .description("Lists the latest readings, the newest first.")
    .option("--limit <number>", "at most this many", wholeNumber(1, 10_000), 20)
    .option("--json", "a JSON array of {seq, state, reading}");
  addStoreOptions(filterOptions(list)).action(async (options: ListOptions) => {
    await printReadings(terminal, options, "There are no readings like that.");
  });
  return endHelp(list, terminal, {
    examples: [
      ["carepost readings list --limit 5", "the latest five"],
      ["carepost readings list --state waiting", "what is still to be delivered"],
    ],
  });
}

export function heldCommand(terminal: Terminal): Command {
  const held = newCommand("held", terminal)
    .summary("readings that belong to nobody yet")
    .description("Lists the readings that are held because nobody can say whose they are, the newest first.")
    .option("--limit <number>", "at most this many", wholeNumber(1, 10_000), 20)
    .option("--json", "a JSON array of {seq, state, reading}");
  addStoreOptions(held).action(async (options: ListOptions) => {
    await printReadings(terminal, { ...options, state: "held" }, "No reading waits for a person.");
  });
  return endHelp(held, terminal, {
    examples: [["carepost readings held", "then give each to somebody: `carepost readings assign`"]],
  });
}

export function showCommand(terminal: Terminal): Command {
  const show = newCommand("show", terminal)
    .summary("one reading, whole")
    .description("Shows one reading with its times, its person and the octets that it was decoded from.")
    .argument("<id>", "its id, as `carepost readings list` shows it")
    .option("--json", "a JSON object {seq, state, reading}");
  addStoreOptions(show).action(async (id: string, { json, ...options }: StoreOptions & { readonly json?: true }) => {
    const found = await withStoreReader(options, (store) => findReading(store, id));
    await terminal.out(json === true ? `${JSON.stringify(found)}\n` : readingText(found, terminal.paint));
  });
  return endHelp(show, terminal, { examples: [["carepost readings show ID", "with its times and its octets"]] });
}

async function printReadings(terminal: Terminal, options: ListOptions, whenEmpty: string): Promise<void> {
  await printListing(terminal, {
    items: await withStoreReader(options, (store) => store.readings({ ...filterOf(options), limit: options.limit })),
    json: options.json === true,
    head: ["MEASURED", "VALUE", "PERSON", "STATE", "ID"],
    row: ({ reading, state }) => [
      timeText(reading),
      valueText(reading),
      reading.person ?? "nobody",
      state,
      terminal.columns === null ? reading.id : reading.id.slice(0, shortIdChars),
    ],
    whenEmpty,
  });
}

function readingText({ reading, state }: StoredReading, paint: Paint): string {
  const { time, device, attribution, frames } = reading;
  const facts: readonly (readonly [string, string | number | null])[] = [
    ["value", valueText(reading)],
    ["state", state],
    ["person", reading.person === null ? "nobody" : `${reading.person} (by ${attribution.by})`],
    ["measured", time.measured === null ? "unknown" : `${time.measured} (${time.basis})`],
    ["uncertain by", time.uncertaintyMs === null ? null : `${time.uncertaintyMs / 1000} s`],
    ["device's clock", time.device],
    ["received", time.received],
    ["device", device.id],
    ["model", [device.manufacturer, device.model].filter((part) => part !== null).join(" ")],
    ["user slot", reading.userSlot],
    ["sequence", reading.sequenceNumber],
    ["status", reading.status.join(", ")],
    ["revision", reading.revision],
    ["id", reading.id],
    ...frames.map(({ characteristic, hex }) => [`frame ${characteristic}`, hex] as const),
  ];
  const told = facts.filter(([, value]) => value !== null && value !== "");
  return tableText(told.map(([name, value]) => [{ text: name, style: (text) => paint("dim", text) }, String(value)]));
}
