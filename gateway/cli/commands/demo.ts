import type { Command } from "commander";
import { durationArgument, wholeNumber } from "../arguments.ts";
import { endHelp, newCommand } from "../command.ts";
import type { DemoReport } from "../demo/run-demo.ts";
import type { DemoScreen } from "../demo/demo-screen.ts";
import { stopSignal } from "../stop-signal.ts";
import type { Terminal } from "../terminal.ts";

interface DemoCommandOptions {
  readonly scenario: string;
  readonly seed: number;
  readonly for?: number;
  readonly outage: boolean;
  readonly kiosk: boolean;
  readonly keep?: string;
  readonly json?: true;
}

/** `carepost demo`: the whole path in real processes on this machine, with nothing to set up. */
export function command(terminal: Terminal): Command {
  const demo = newCommand("demo", terminal)
    .description(
      "Starts simulated devices, their gateways, a broker and an ingestor as real processes, and shows readings travelling from device to sink, with an outage of the broker that comes and goes. One of the gateways is a kiosk in a store: its page can be clicked through in a browser. It needs no radio, no network and no configuration, and leaves nothing behind.",
    )
    .optionsGroup("What happens:")
    .option("--scenario <file|name>", "a scenario file, or one that `carepost simulate --list` names", "home-day")
    .option("--seed <number>", "another seed is another life", wholeNumber(0, Number.MAX_SAFE_INTEGER), 4)
    .option(
      "--for <duration>",
      "end after about this long (20s, 5min), wait for the rest, and compare the books",
      durationArgument,
    )
    .option("--no-outage", "leave the broker alone")
    .option("--no-kiosk", "leave out the store with its kiosk, and the pages that it serves")
    .optionsGroup("Options:")
    .option("--keep <folder>", "leave databases, journal and logs in this folder")
    .option("--json", "print one JSON object at the end; with --for it has the comparison")
    .action(async (options: DemoCommandOptions) => {
      process.exitCode = await showDemo(options, terminal);
    });
  return endHelp(demo, terminal, {
    examples: [
      ["carepost demo", "until Ctrl-C"],
      ["carepost demo --scenario clinic", "more devices, and radio trouble"],
      ["carepost demo --for 20s --json", "for a program: what was shown, stored, delivered, lost, doubled"],
    ],
    exitCodes: { 1: "a reading was lost, doubled or left on its way, or a process failed" },
  });
}

async function showDemo(options: DemoCommandOptions, terminal: Terminal): Promise<0 | 1> {
  const { runDemo } = await import("../demo/run-demo.ts");
  const json = options.json === true;
  const report = await runDemo(
    {
      scenario: options.scenario,
      seed: String(options.seed),
      forMs: options.for ?? null,
      withOutage: options.outage,
      withKiosk: options.kiosk,
      keepIn: options.keep ?? null,
    },
    await screenFor(json, terminal),
    stopSignal(),
  );
  if (report === null) {
    terminal.note("\n  Ended. With `--for 20s` it ends by itself, and compares what was shown with what arrived.\n");
    return 0;
  }
  await terminal.out(json ? `${JSON.stringify(report)}\n` : reportText(report, terminal));
  return isSound(report) ? 0 : 1;
}

const isSound = ({ lost, doubled, waiting }: DemoReport): boolean => lost === 0 && doubled === 0 && waiting === 0;

/** The panel belongs on whichever stream is a terminal; the one with data, if it is for a program, stays clean. */
async function screenFor(json: boolean, terminal: Terminal): Promise<DemoScreen> {
  const { lineScreen, panelScreen, silentScreen } = await import("../demo/demo-screen.ts");
  const stream = json ? process.stderr : process.stdout;
  if (stream.isTTY) return panelScreen(stream, json ? terminal.paintNote : terminal.paint);
  return json ? silentScreen : lineScreen((line) => void terminal.out(line));
}

function reportText(report: DemoReport, { paint }: Terminal): string {
  const { shown, delivered, held, quarantined, lost, doubled, waiting, outages, seconds } = report;
  const verdict = isSound(report)
    ? paint("green", `✓ ${lost} lost, ${doubled} doubled`)
    : paint("red", `✗ ${lost} lost, ${doubled} doubled, ${waiting} left on their way`);
  const away = outages === 1 ? "one outage" : `${outages} outages`;
  const others = held + quarantined === 0 ? "" : `, ${held} held for want of a person, ${quarantined} set aside`;
  return `\n  ${verdict}\n  ${shown} records shown in ${seconds} s with ${away}: ${delivered} readings delivered${others}\n`;
}
