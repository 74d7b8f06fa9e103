import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { CarepostError } from "../device-drivers/kit/carepost-error.ts";
import type { AirAddress } from "./air/air-server.ts";
import { realClock } from "./clock/real-clock.ts";
import { createVirtualClock } from "./clock/virtual-clock.ts";
import { failureText, usageText } from "./failure-text.ts";
import { replayDevices } from "./replay/replay-device.ts";
import { builtinScenarios, loadScenario } from "./scenario/load-scenario.ts";
import { duration } from "./scenario/scenario-fields.ts";
import { createWorld } from "./scenario/world.ts";
import { noteText } from "./note-text.ts";
import { simulate } from "./simulation.ts";

const usage = `Usage: carepost simulate [options]

Virtual devices and the people who use them, served to a gateway over a local socket.

Options:
  --scenario NAME|FILE  which scenario (default: home-day)
  --replay FILE         let a recorded device be played: a file of \`carepost capture\`, or of test/vectors; alone,
                        or beside the devices of a --scenario that is given as well
  --socket PATH         serve the air on this Unix socket (default: carepost-air.sock in the temporary folder)
  --port N              serve it on this port of the loopback interface instead; 0 picks a free one
  --hci PATH            serve the devices as Bluetooth peripherals as well: every client of this Unix socket
                        has an HCI controller (H4) in their room; the devices begin unpaired
  --bluez ADDRESS       export the devices as org.bluez on the D-Bus at this address as well, for a gateway whose
                        radio.kind is bluez; \`private\` starts a bus of its own and prints its address
  --vhci                give this machine's kernel a Bluetooth adapter in their room, by /dev/vhci
  --seed N              another seed is another life (default: 1)
  --journal FILE        append every record that was taken or shown, one JSON line each
  --cues                let things happen besides the scenario, as standard input says: one JSON line each, such as
                        {"device":"kitchen-meter","do":{"type":"measure","person":"sim-0001"}}
  --for TIME            end after so long: 20s, 5min, 2h
  --json                print one JSON line per event instead of text
  --list                print the scenarios that come with Carepost, and end
  --roster              print the scenario's devices and people as JSON, and end
  --help                print this

On SIGUSR2 nobody measures any more, and the devices stay in the air with what they hold.
`;

const options = {
  scenario: { type: "string" },
  replay: { type: "string" },
  socket: { type: "string" },
  port: { type: "string" },
  hci: { type: "string" },
  vhci: { type: "boolean", default: false },
  bluez: { type: "string" },
  seed: { type: "string", default: "1" },
  journal: { type: "string" },
  cues: { type: "boolean", default: false },
  for: { type: "string" },
  json: { type: "boolean", default: false },
  list: { type: "boolean", default: false },
  roster: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const usualScenario = "home-day";

type Flags = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

const exitFailed = 1;
const exitUsage = 2;

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

async function main(): Promise<number> {
  const flags = readFlags();
  if (typeof flags === "string") return complainOfUsage(flags);
  const seed = Number(flags.seed);
  if (!Number.isSafeInteger(seed)) return complainOfUsage(`--seed ${flags.seed} is not a whole number`);
  if (flags.help) print(usage);
  else if (flags.list) listScenarios(flags.json);
  else if (flags.roster) printRoster(flags, seed);
  else return await run(flags, seed);
  return 0;
}

function readFlags(): Flags | string {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function complainOfUsage(reason: string): number {
  process.stderr.write(usageText(reason, "carepost simulate"));
  return exitUsage;
}

async function run(flags: Flags, seed: number): Promise<number> {
  const address = addressOf(flags);
  if (address === null) return complainOfUsage(`--port ${flags.port} is not a port`);
  const forMs = flags.for === undefined ? null : duration.safeParse(flags.for);
  if (forMs?.success === false) return complainOfUsage(`--for ${flags.for}: write a number and a unit, such as 20s`);
  const stopping = stopSignal(forMs?.data ?? null);
  const { scenario, replay } = flags;
  const isReplayOnly = replay !== undefined && scenario === undefined;
  const replayed = replay === undefined ? [] : replayDevices(replay, realClock);
  await simulate(
    {
      scenario: isReplayOnly ? null : loadScenario(scenario ?? usualScenario),
      replayed,
      seed,
      address,
      hci: flags.hci === undefined && !flags.vhci ? null : { socket: flags.hci ?? null, vhci: flags.vhci },
      bluez: flags.bluez ?? null,
      journalPath: flags.journal ?? null,
      rest: restSignal(),
      cues: flags.cues ? createInterface({ input: process.stdin, signal: stopping }) : null,
    },
    (note) => print(flags.json ? JSON.stringify(note) : noteText(note)),
    stopping,
  );
  return 0;
}

function addressOf({ socket, port }: Flags): AirAddress | null {
  if (port === undefined) return socket ?? join(tmpdir(), "carepost-air.sock");
  const number = Number(port);
  return Number.isInteger(number) && number >= 0 && number <= 65_535 ? { port: number } : null;
}

/** Aborted by SIGTERM, SIGINT, the end of the time, or when nobody reads what is printed. */
function stopSignal(forMs: number | null): AbortSignal {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once("SIGTERM", stop).once("SIGINT", stop);
  process.stdout.on("error", stop);
  if (forMs === null) return stopping.signal;
  return AbortSignal.any([stopping.signal, AbortSignal.timeout(forMs)]);
}

function restSignal(): AbortSignal {
  const resting = new AbortController();
  process.once("SIGUSR2", () => resting.abort());
  return resting.signal;
}

function listScenarios(asJson: boolean): void {
  const scenarios = builtinScenarios().map((name) => ({ name, about: loadScenario(name).about.trim() }));
  if (asJson) print(JSON.stringify(scenarios));
  else for (const { name, about } of scenarios) print(`${name}\n  ${about}\n`);
}

function printRoster(flags: Flags, seed: number): void {
  const world = createWorld(loadScenario(flags.scenario ?? usualScenario), { clock: createVirtualClock(0), seed });
  print(JSON.stringify(world.roster, null, 2));
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof CarepostError)) throw error;
  process.stderr.write(failureText(error));
  process.exitCode = exitFailed;
}
