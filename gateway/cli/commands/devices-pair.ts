import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import type { PairedDevice } from "../../pairing/pairing-window.ts";
import { durationArgument, wholeNumber } from "../arguments.ts";
import { endHelp, newCommand } from "../command.ts";
import { stopSignal } from "../stop-signal.ts";
import type { Terminal } from "../terminal.ts";
import type { PairOptions } from "../pair-device.ts";
import { addStoreOptions, type StoreOptions } from "../with-store.ts";

interface PairFlags extends StoreOptions {
  readonly address?: string;
  readonly passkey?: number;
  readonly yes?: true;
  readonly forgetsKey?: true;
  readonly for?: number;
  readonly floor?: number;
  readonly all?: true;
  readonly json?: true;
}

/** `carepost devices pair`: opens a pairing window, and shows a person through it. */
export function pairCommand(terminal: Terminal): Command {
  const pair = newCommand("pair", terminal)
    .summary("pair a device that is near")
    .description(
      "Opens a pairing window, lists the devices that are near, and pairs the one that is chosen, asking for the digits that it shows. A gateway that runs goes on reading the others meanwhile. Outside a window nothing is ever paired.",
    )
    .option("--address <address>", "this device, without a list; it may still be asleep", addressArgument)
    .option("--passkey <digits>", "the six digits on the device, where they are printed on it", passkeyArgument)
    .option("--yes", "agree to a device that cannot prove that it is the one in your hand")
    .option("--forgets-key", "for a device that forgets its key each time: pair it anew before each session, unasked")
    .option("--for <duration>", "how long the window is open, 10s to 10min (default: 2min)", windowArgument)
    .option("--floor <dBm>", "how strongly a device must be heard to be at hand (default: -75)", floorArgument)
    .option("--all", "list also what no driver reads")
    .option("--json", "a JSON object {address, name, method, forgetsKey, look: {deviceId, driver, …} | null}");
  addStoreOptions(pair).action(async (flags: PairFlags) => {
    const { pairDevice } = await import("../pair-device.ts");
    const stop = stopSignal();
    const device = await pairDevice(optionsOf(flags), terminal, stop).catch((error: unknown) => told(error, stop));
    if (device === null) process.exitCode = 1;
    else if (flags.json === true) await terminal.out(`${JSON.stringify(device)}\n`);
    else terminal.note(pairedText(device, terminal));
  });
  return endHelp(pair, terminal, {
    examples: [
      ["carepost devices pair", "list who is near, choose, and pair"],
      ["carepost devices pair --address C0:53:49:4D:00:01 --passkey 019254 --yes --json", "for a program"],
      ["carepost devices pair --forgets-key", "a cuff that wants to be paired each time; weaker: see below"],
    ],
  }).addHelpText(
    "after",
    "\n\nWith --forgets-key whoever is near at the moment of a session, under the\n" +
      "device's address, can take its place: only its serial number and its services\n" +
      "would tell. It is refused for a device that was ever paired with a passkey.",
  );
}

const optionsOf = (flags: PairFlags): PairOptions => {
  return {
    store: flags,
    window: {
      ...(flags.for === undefined ? {} : { durationMs: flags.for }),
      ...(flags.floor === undefined ? {} : { rssiFloorDbm: flags.floor }),
    },
    address: flags.address ?? null,
    passkey: flags.passkey ?? null,
    yes: flags.yes === true,
    forgetsKey: flags.forgetsKey === true,
    all: flags.all === true,
  };
};

/** Whoever broke it off knows that it failed. */
function told(error: unknown, stop: AbortSignal): null {
  if (stop.aborted && (error === stop.reason || error instanceof CarepostError)) return null;
  throw error;
}

function pairedText({ name, method, forgetsKey, look }: PairedDevice, terminal: Terminal): string {
  const { paintNote: paint } = terminal;
  const how = method === null ? "" : ` (${methods[method]})`;
  const next = (text: string): string => `  ${paint("cyan", "→")} ${text}\n`;
  const head = `${paint("green", "✓")} ${paint("bold", name ?? "The device")} is paired${how}.\n`;
  const weak = forgetsKey ? "  It will be paired anew before each session, without a question.\n" : "";
  if (look === null) {
    const asleep = "It went to sleep before it told who it is: its first reading will. Wake it up once.";
    return head + weak + next(forgetsKey ? "Its first reading will tell who it is." : asleep);
  }
  const { deviceId, manufacturer, model, serial } = look;
  const label = [manufacturer, model].filter((part) => part !== null).join(" ");
  const facts = [
    ...(label === "" ? [] : [`  ${label}\n`]),
    ...(serial === null ? [] : [`  serial number ${serial}: compare it with the label; if it differs, forget it\n`]),
    `  ${deviceId}\n`,
  ];
  const assign = `Say whose it is: carepost devices assign ${deviceId} PERSON --consent REFERENCE`;
  return [head, ...facts, weak, next(assign)].join("");
}

const methods: Readonly<Record<NonNullable<PairedDevice["method"]>, string>> = {
  "just-works": "without proof",
  "passkey-entry": "by its passkey",
  "passkey-shown": "by a passkey typed at it",
  "numeric-comparison": "by comparing digits",
  pin: "by its PIN",
};

function addressArgument(text: string): string {
  if (/^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}$/.test(text)) return text.toUpperCase();
  throw new InvalidArgumentError("It must be six pairs of hex digits, such as C0:53:49:4D:00:01.");
}

function passkeyArgument(text: string): number {
  if (/^\d{6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be all six digits, also zeros at the beginning.");
}

function windowArgument(text: string): number {
  const durationMs = durationArgument(text);
  if (durationMs >= 10_000 && durationMs <= 600_000) return durationMs;
  throw new InvalidArgumentError("It must be from 10s to 10min.");
}

const floorArgument = (text: string): number => -wholeNumber(20, 127)(text.replace(/^-/, ""));
