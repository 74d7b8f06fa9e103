import { Option } from "commander";
import type { Command } from "commander";
import { endHelp, newCommand } from "../command.ts";
import { csvHeader, csvLine } from "../reading-csv.ts";
import { readingPages } from "../reading-pages.ts";
import type { Terminal } from "../terminal.ts";
import { addStoreOptions, withStoreReader } from "../with-store.ts";
import { filterOf, filterOptions } from "./readings-filter.ts";
import type { FilterOptions } from "./readings-filter.ts";

interface ExportOptions extends FilterOptions {
  readonly format: "json" | "csv";
}

/** `carepost readings export`: any number of readings as a stream. */
export function exportCommand(terminal: Terminal): Command {
  const exported = newCommand("export", terminal)
    .summary("readings as JSON lines or CSV")
    .description("Writes readings to standard output, the newest first, as a stream.")
    .addOption(
      new Option("--format <format>", "json: one {seq, state, reading} a line; csv: after RFC 4180, with a header")
        .choices(["json", "csv"])
        .default("json"),
    );
  addStoreOptions(filterOptions(exported)).action(async ({ format, ...options }: ExportOptions) => {
    const count = await withStoreReader(options, async (store) => {
      if (format === "csv") await terminal.out(csvHeader);
      const showsProgress = terminal.showsProgress && terminal.columns === null;
      let exportedReadings = 0;
      for await (const page of readingPages(store, filterOf(options))) {
        const lines = page.map((stored) => (format === "csv" ? csvLine(stored) : `${JSON.stringify(stored)}\n`));
        await terminal.out(lines.join(""));
        exportedReadings += page.length;
        if (showsProgress) terminal.note(`\r${exportedReadings} readings`);
      }
      return exportedReadings;
    });
    terminal.note(`\r${count} readings exported\n`);
  });
  return endHelp(exported, terminal, {
    examples: [
      ["carepost readings export --format csv > readings.csv", "for a spreadsheet"],
      ["carepost readings export --person p-7f3a", "one person's, for a program"],
    ],
  });
}
