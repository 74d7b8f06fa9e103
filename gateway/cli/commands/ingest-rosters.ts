import type { Command } from "commander";
import { gatewayIdArgument } from "../arguments.ts";
import { endHelp, newCommand } from "../command.ts";
import { tableText } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { addSinkOptions, withSinkReader } from "../with-sink.ts";
import type { SinkOptions } from "../with-sink.ts";

interface ShowOptions extends SinkOptions {
  readonly json?: true;
}

/** `carepost ingest rosters`: whose devices a home hub is told to read. */
export function rostersCommand(terminal: Terminal): Command {
  const rosters = newCommand("rosters", terminal)
    .summary("whose devices a home hub is told to read: show")
    .usage("<command> [options]")
    .description("Whose devices a home hub is told to read. It is made of enrolments and of homes, never by hand.")
    .addCommand(showCommand(terminal));
  return endHelp(rosters, terminal, {
    examples: [["carepost ingest rosters show hub-0001", "one hub's"]],
  });
}

function showCommand(terminal: Terminal): Command {
  const show = newCommand("show", terminal)
    .summary("one hub's roster")
    .description("Shows one hub's roster as it is now. It names people and devices by their references.")
    .argument("<gateway>", "the hub's gateway id", gatewayIdArgument)
    .option("--json", "a JSON object {version, assignments}; null for a hub that is nobody's home");
  addSinkOptions(show).action(async (gateway: string, { json, ...options }: ShowOptions) => {
    const roster = await withSinkReader(options, (sink) => sink.rosters.roster(gateway));
    if (json === true) return await terminal.out(`${JSON.stringify(roster)}\n`);
    if (roster === null) {
      return terminal.note(
        `${gateway} is nobody's home. Say whose it is with \`carepost ingest homes set PERSON ${gateway}\`.\n`,
      );
    }
    const style = (text: string): string => terminal.paint("bold", text);
    const head = ["PERSON", "DEVICE", "SLOT", "SINCE", "CONSENT"].map((text) => ({ text, style }));
    const rows = roster.assignments.map(({ person, device, userSlot, fromAt, consent }) => [
      person,
      plain(device),
      userSlot === null ? "all" : String(userSlot),
      sinceText(fromAt),
      plain(consent),
    ]);
    terminal.note(`Version ${roster.version}, ${rows.length} devices.\n`);
    if (rows.length > 0) await terminal.out(tableText([head, ...rows]));
  });
  return endHelp(show, terminal, {
    examples: [
      ["carepost ingest rosters show hub-0001", "one hub's"],
      ["carepost ingest rosters show hub-0001 --json", "for a program"],
    ],
  });
}

/** What a gateway says is no word of ours: what could steer a terminal is replaced. */
const plain = (text: string): string => text.replaceAll(/[^\x20-\x7E]/g, "?");

function sinceText(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString().slice(0, 16).replace("T", " ");
}
