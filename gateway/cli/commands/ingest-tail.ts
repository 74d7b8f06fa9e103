import type { Command } from "commander";
import { followReadings } from "../../../cloud-sync/ingest/follow-readings.ts";
import type { StoredReading } from "../../../cloud-sync/ingest/sink.ts";
import { systemClock } from "../../system-clock.ts";
import { wholeNumber } from "../arguments.ts";
import { endHelp, newCommand } from "../command.ts";
import { timeText, valueText } from "../reading-text.ts";
import { stopSignal } from "../stop-signal.ts";
import type { Paint, Terminal } from "../terminal.ts";
import { addSinkOptions, withSinkReader } from "../with-sink.ts";
import type { SinkOptions } from "../with-sink.ts";

interface TailOptions extends SinkOptions {
  readonly last: number;
  readonly json?: true;
}

/** `carepost ingest tail`: the sink's readings as they are committed. */
export function tailCommand(terminal: Terminal): Command {
  const tail = addSinkOptions(newCommand("tail", terminal))
    .summary("readings as they arrive, until Ctrl-C")
    .description("Shows the sink's latest readings, and then each one as it arrives, until Ctrl-C.")
    .optionsGroup("Options:")
    .option("-n, --last <number>", "begin with this many of the latest", wholeNumber(0, 1_000_000), 10)
    .option("--json", "a JSON object a line: {position, committedAt, gateway, reading}")
    .action(async ({ last, json, ...options }: TailOptions) => {
      const signal = stopSignal();
      await withSinkReader(options, async (sink) => {
        const afterPosition = await sink.positionBefore(last);
        for await (const stored of followReadings(sink, { clock: systemClock, signal, afterPosition })) {
          await terminal.out(json === true ? `${JSON.stringify(stored)}\n` : tailLine(stored, terminal.paint));
        }
      });
    });
  return endHelp(tail, terminal, {
    examples: [
      ["carepost ingest tail -n 100", "the latest hundred, and what comes"],
      ["carepost ingest tail -n 0 --json", "what comes, for a program"],
    ],
  });
}

/** "12:03:04  gw-0001  sim-0001  2026-03-01 07:58:00  5.9 mmol/L" */
export function tailLine({ gateway, reading, committedAt }: StoredReading, paint: Paint): string {
  const at = paint("dim", new Date(committedAt).toISOString().slice(11, 19));
  const person = (reading.person ?? "nobody").padEnd(10);
  return `${at}  ${gateway.padEnd(10)}  ${person}  ${timeText(reading).padEnd(19)}  ${paint("bold", valueText(reading))}\n`;
}
