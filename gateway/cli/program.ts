import type { Command } from "commander";
import { endHelp, newCommand } from "./command.ts";
import type { Terminal } from "./terminal.ts";
import { version } from "./version.ts";

/** A command's file: it is imported only when it is the one that was asked for, so that none pays for another. */
interface CommandFile {
  readonly command: (terminal: Terminal) => Command;
}

interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly group: string;
  readonly load: () => Promise<CommandFile>;
}

const tryIt = "Try it:";
const runIt = "Run it:";
const lookAfterIt = "Look after it:";

const entries: readonly CommandEntry[] = [
  {
    name: "demo",
    summary: "devices → gateway → broker → sink, simulated and live",
    group: tryIt,
    load: () => import("./commands/demo.ts"),
  },
  {
    name: "decode",
    summary: "what the bytes of one Bluetooth characteristic say",
    group: tryIt,
    load: () => import("./commands/decode.ts"),
  },
  {
    name: "fhir",
    summary: "frames as FHIR R4 transaction bundles, a line each",
    group: tryIt,
    load: () => import("./commands/fhir.ts"),
  },
  {
    name: "simulate",
    summary: "virtual devices from a scenario, for a gateway's virtual radio",
    group: tryIt,
    load: () => import("./commands/simulate.ts"),
  },
  {
    name: "gateway",
    summary: "the edge program: reads devices, keeps readings, delivers them",
    group: runIt,
    load: () => import("./commands/gateway.ts"),
  },
  {
    name: "ingest",
    summary: "the cloud's end: the broker and the ingestor",
    group: runIt,
    load: () => import("./commands/ingest.ts"),
  },
  {
    name: "broker-config",
    summary: "the configuration of another broker, with the same rules",
    group: runIt,
    load: () => import("./commands/broker-config.ts"),
  },
  {
    name: "enroll",
    summary: "gets this gateway its certificate, with a one-time token",
    group: runIt,
    load: () => import("./commands/enroll.ts"),
  },
  {
    name: "ca",
    summary: "the fleet's own authority: tokens, certificates, revocation",
    group: runIt,
    load: () => import("./commands/ca.ts"),
  },
  {
    name: "doctor",
    summary: "checks this machine and says how to mend what is wrong",
    group: lookAfterIt,
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "support-bundle",
    summary: "one file for whoever helps, which tells of nobody",
    group: lookAfterIt,
    load: () => import("./commands/support-bundle.ts"),
  },
  {
    name: "devices",
    summary: "the devices that the gateway knows, and whose they are",
    group: lookAfterIt,
    load: () => import("./commands/devices.ts"),
  },
  {
    name: "readings",
    summary: "what the gateway has read: list, export, give to a person",
    group: lookAfterIt,
    load: () => import("./commands/readings.ts"),
  },
  {
    name: "people",
    summary: "the people that devices can be assigned to",
    group: lookAfterIt,
    load: () => import("./commands/people.ts"),
  },
  {
    name: "consents",
    summary: "what people agreed to: list, export, withdraw",
    group: lookAfterIt,
    load: () => import("./commands/consents.ts"),
  },
  {
    name: "audit",
    summary: "who did what: list, export, prove that it is whole",
    group: lookAfterIt,
    load: () => import("./commands/audit.ts"),
  },
  {
    name: "capture",
    summary: "one session with a device, as a file that can be given away",
    group: lookAfterIt,
    load: () => import("./commands/capture.ts"),
  },
  {
    name: "kiosk",
    summary: "the pages for people: who of the staff may sign in",
    group: lookAfterIt,
    load: () => import("./commands/kiosk.ts"),
  },
  {
    name: "contract",
    summary: "what travels to the cloud and back, as an AsyncAPI document",
    group: lookAfterIt,
    load: () => import("./commands/contract.ts"),
  },
  {
    name: "bench",
    summary: "the product's own measurements",
    group: lookAfterIt,
    load: () => import("./commands/bench.ts"),
  },
];

/** The whole command, with only the part loaded that the arguments ask for. */
export async function carepostProgram(args: readonly string[], terminal: Terminal): Promise<Command> {
  const program = newCommand("carepost", terminal)
    .usage("<command> [options]")
    .description("The device gateway for chronic care: from a meter's bytes to the cloud's row, each reading once.")
    .version(version(), "-V, --version", "show the version")
    .option("--no-color", "no colours; so does the variable NO_COLOR");
  const asked = args.find((argument) => !argument.startsWith("-"));
  for (const entry of entries) {
    const command = entry.name === asked ? (await entry.load()).command(terminal) : newCommand(entry.name, terminal);
    program.addCommand(command.summary(entry.summary).helpGroup(entry.group));
  }
  // A word that is no command is said to be none, also where its help is asked for.
  if (asked !== undefined && entries.every(({ name }) => name !== asked)) {
    program.helpOption(false).allowUnknownOption();
  }
  // What a newcomer looks for comes first: the commands.
  const options = program.createHelp();
  const optionLines = options.visibleOptions(program).map(({ flags, description }) => [flags, description] as const);
  program.configureHelp({ ...program.configureHelp(), visibleOptions: () => [] });
  return endHelp(program, terminal, {
    options: optionLines,
    examples: [
      ["carepost demo", "see it work, with no radio and no cloud"],
      ["carepost decode 2A35 00780050005A00", "read a blood-pressure frame"],
      ["carepost <command> --help", "how each is used"],
    ],
  });
}
