import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { durationArgument } from "../arguments.ts";
import { endHelp, newCommand } from "../command.ts";
import { stopSignal } from "../stop-signal.ts";
import type { Terminal } from "../terminal.ts";

interface CaptureOptions {
  readonly address?: string;
  readonly listen?: number;
  readonly explore?: true;
  readonly for?: number;
  readonly setClock?: true;
  readonly output?: string;
  readonly shiftDays: number;
  readonly raw?: true;
  readonly withIdentity?: true;
  readonly show?: string;
  readonly radio?: string;
  readonly config?: string;
  readonly json?: true;
}

/** `carepost capture`: one session with a device, as a file that can be given away. */
export function command(terminal: Terminal): Command {
  const capture = newCommand("capture", terminal)
    .description(
      "Records one session with a device as a file that can be given away: who the device is and what its user told it are taken out. A device that a driver knows is read as a gateway would read it; any other is read and listened to, and nothing is written to it. A gateway that uses the same radio should be stopped meanwhile.",
    )
    .optionsGroup("Which device:")
    .option("--address <address>", "its address; without it, those that are near are listed to choose from")
    .option(
      "--listen <duration>",
      "how long to listen for devices (default: 8s; 1min for one that is named)",
      durationArgument,
    )
    .option("--explore", "read and listen only, also where a driver knows the device")
    .option(
      "--for <duration>",
      "how long the session may last (default: 2min; 30s for a device that no driver knows)",
      durationArgument,
    )
    .option("--set-clock", "let the driver set the device's clock, where cuffs show nothing before")
    .optionsGroup("The file:")
    .option("-o, --output <file>", "where it goes; it must not be there yet (default: named for the device)")
    .option("--shift-days <days>", "move every date by so many days, for example -400", daysArgument, 0)
    .option("--raw", "leave the identity in: needs --with-identity as well")
    .option("--with-identity", "yes, the file is to name the device")
    .option("--show <file>", "show what a capture holds, and end")
    .optionsGroup("Options:")
    .option("--radio <kind>", "bluez, noble or virtual, in place of radio.kind")
    .option("-c, --config <file>", "the configuration (default: ./carepost.yaml, /etc/carepost/carepost.yaml)")
    .option("--json", "a JSON object {file, id, profile, device, records, steps, outcome, scrubbed}")
    .action(async (options: CaptureOptions) => {
      const { show } = options;
      if (show !== undefined) await showCapture(show, options.json === true, terminal);
      else process.exitCode = await run(options, terminal);
    });
  return endHelp(capture, terminal, {
    examples: [
      ["carepost capture --radio bluez", "list who is near, choose, and record"],
      ["carepost capture --address C0:53:49:4D:00:01 -o meter.json", "this device, into this file"],
      ["carepost capture --show meter.json", "look before you give it away"],
      ["carepost simulate --replay meter.json", "let it come alive"],
    ],
    exitCodes: { 1: "nothing was recorded, or not all of it: the file has what came" },
  });
}

const listenMs = 8_000;
/** A device that was named may sleep until somebody presses its button. */
const namedListenMs = 60_000;

async function run(options: CaptureOptions, terminal: Terminal): Promise<0 | 1> {
  const { recordDevice } = await import("../capture/record-device.ts");
  const { radio, config, address, output } = options;
  return await recordDevice(
    {
      config: config ?? null,
      radioKind: radio ?? null,
      address: address ?? null,
      listenMs: options.listen ?? (address === undefined ? listenMs : namedListenMs),
      explore: options.explore === true,
      sessionMs: options.for ?? null,
      setsClock: options.setClock === true,
      output: output ?? null,
      shiftDays: options.shiftDays,
      raw: options.raw === true,
      withIdentity: options.withIdentity === true,
      json: options.json === true,
    },
    terminal,
    stopSignal(),
  );
}

async function showCapture(path: string, json: boolean, terminal: Terminal): Promise<void> {
  const { readFixture } = await import("../../capture/fixture.ts");
  const { fixtureText } = await import("../capture/capture-text.ts");
  const fixture = readFixture(path);
  await terminal.out(json ? `${JSON.stringify(fixture)}\n` : fixtureText(fixture, terminal.paint));
}

const daysMax = 36_500;

function daysArgument(text: string): number {
  const days = Number(text);
  if (/^-?\d+$/.test(text) && Math.abs(days) <= daysMax) return days;
  throw new InvalidArgumentError(`It must be a whole number of days from -${daysMax} to ${daysMax}.`);
}
