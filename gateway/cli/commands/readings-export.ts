import { Option } from "commander";
import type { Command } from "commander";
import type { FhirProfiles } from "../../../cloud-sync/fhir/observation.ts";
import type { StoredReading } from "../../store/store.ts";
import { gatewayIdArgument } from "../arguments.ts";
import { endHelp, newCommand } from "../command.ts";
import { configuredGateway } from "../configured-gateway.ts";
import { noteExport } from "../note-export.ts";
import { csvHeader, csvLine } from "../reading-csv.ts";
import { fhirDocumentWriter, fhirLinesWriter } from "../reading-fhir.ts";
import { readingPages } from "../reading-pages.ts";
import type { Terminal } from "../terminal.ts";
import { version } from "../version.ts";
import { addStoreOptions, withStoreReader } from "../with-store.ts";
import { profilesOption } from "./fhir.ts";
import { filterOf, filterOptions } from "./readings-filter.ts";
import type { FilterOptions } from "./readings-filter.ts";

interface ExportOptions extends FilterOptions {
  readonly format: "json" | "csv" | "fhir";
  readonly bundle?: true;
  readonly gateway?: string;
  readonly profiles: FhirProfiles;
}

/** Readings as a text: what goes before and after them, and each; null for one that the format cannot tell. */
interface ReadingWriter {
  readonly head: string;
  readonly tail: string;
  text(stored: StoredReading): string | null;
}

/** `carepost readings export`: any number of readings as a stream. */
export function exportCommand(terminal: Terminal): Command {
  const exported = newCommand("export", terminal)
    .summary("readings as JSON lines, CSV or FHIR")
    .description(
      "Writes readings to standard output, the newest first, as a stream. The audit log says so first; a gateway that runs is asked to write that.",
    )
    .addOption(
      new Option(
        "--format <format>",
        "json: one {seq, state, reading} a line; csv: after RFC 4180, with a header; fhir: one R4 transaction bundle a line",
      )
        .choices(["json", "csv", "fhir"])
        .default("json"),
    )
    .option("--bundle", "fhir: all in one transaction bundle, in place of one a line")
    .option("--gateway <id>", "fhir: the gateway's id (default: that of the configuration)", gatewayIdArgument)
    .addOption(profilesOption());
  addStoreOptions(filterOptions(exported)).action(async (options: ExportOptions) => {
    const writer = writerFor(options);
    if (writer === null) exported.error("--format fhir needs the gateway's id: --gateway, or --config");
    else await writeAll(terminal, writer, options);
  });
  return endHelp(exported, terminal, {
    examples: [
      ["carepost readings export --format csv > readings.csv", "for a spreadsheet"],
      ["carepost readings export --person p-7f3a", "one person's, for a program"],
      ["carepost readings export --format fhir > bundles.ndjson", "for a FHIR server, one POST a line"],
    ],
    exitCodes: { 1: "failed; with fhir also: a reading of unknown time was left out" },
  });
}

/** Null if FHIR is wanted and nobody says which gateway this is. */
function writerFor(options: ExportOptions): ReadingWriter | null {
  if (options.format === "csv") return { head: csvHeader, tail: "", text: csvLine };
  if (options.format === "json") return { head: "", tail: "", text: (stored) => `${JSON.stringify(stored)}\n` };
  const id = options.gateway ?? configuredGateway(options.config);
  if (id === null) return null;
  const gateway = { id, systemId: null, softwareVersion: version(), timeSync: "ntp" } as const;
  const mapping = { gateway, profiles: options.profiles };
  return options.bundle === true ? fhirDocumentWriter(mapping) : fhirLinesWriter(mapping);
}

async function writeAll(terminal: Terminal, writer: ReadingWriter, options: ExportOptions): Promise<void> {
  const showsProgress = terminal.showsProgress && terminal.columns === null;
  const { person = null, device = null, state = null, format } = options;
  await noteExport(options, { action: "readings-exported", subject: { person, device, state, format } });
  let written = 0;
  let leftOut = 0;
  await withStoreReader(options, async (store) => {
    await terminal.out(writer.head);
    for await (const page of readingPages(store, filterOf(options))) {
      const texts = page.map((stored) => writer.text(stored)).filter((text) => text !== null);
      await terminal.out(texts.join(""));
      written += texts.length;
      leftOut += page.length - texts.length;
      if (showsProgress) terminal.note(`\r${written} readings`);
    }
    await terminal.out(writer.tail);
  });
  terminal.note(`\r${written} readings exported\n`);
  if (leftOut === 0) return;
  terminal.note(`${leftOut} left out: nobody knows when they were measured\n`);
  process.exitCode = 1;
}
