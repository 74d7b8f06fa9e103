import type { Command } from "commander";
import { runProgram } from "../child-process.ts";
import { endHelp, newCommand } from "../command.ts";
import type { Terminal } from "../terminal.ts";

/** Everything is handed on as it was written, under the name that it was written with: the simulator judges it. */
type FleetOptions = Readonly<Record<string, string | true | readonly string[]>>;

/** `carepost simulate fleet`: many gateways against one broker, in a process of their own. */
export function fleetCommand(terminal: Terminal): Command {
  const fleet = newCommand("fleet", terminal)
    .summary("thousands of gateways against one broker, and what became of each reading")
    .description(
      "Runs as many gateways as this machine bears against one broker, and tells what was delivered and lost.",
    )
    .optionsGroup("What happens:")
    .option("--broker <url>", "mqtt://127.0.0.1:1883, or mqtts:// with certificates")
    .option("--gateways <number>", "how many, 20000 at most (default: 100)")
    .option("--scenario <name>", "steady, daily, outage or storm (default: steady)")
    .option("--for <duration>", "how long people measure (default: 60s)")
    .option("--speed <number>", "how many times faster than the clock they live (default: 720)")
    .option("--seed <number>", "another seed is another fleet (default: 1)")
    .option("--ramp <duration>", "within which the gateways first connect (default: 500 a second, 150 over TLS)")
    .option("--outage <duration|operator>", "how long the network is away; operator: somebody else ends the broker")
    .option("--backlog <number>", "readings of each gateway in a storm (default: 8)")
    .option("--reconnect-max <duration>", "the cap of the random delay before a reconnection (default: 30s)")
    .option("--keep-alive <duration>", "of each connection (default: 30s)")
    .option("--protocol <version>", "auto, 5 or 3.1.1 (default: auto)")
    .option("--drain <duration>", "how long the end waits for receipts (default: 30s)")
    .option("--readings-max <number>", "then nobody measures any more (default: 1000000)")
    .optionsGroup("Who they are:")
    .option("--identities <folder>", "ca.crt, and GATEWAY.crt and GATEWAY.key for sim-gw-00000 and on")
    .option("--ca <folder>", "an authority's folder: certificates are issued in memory")
    .optionsGroup("What is told:")
    .option("--check-sink <sink>", "compare every id with a sink: a file, or postgres://user@host:port/database")
    .option("--sink-secret <file>", "the file's key, or the database's password")
    .option("--watch-pid <name=pid>", "memory and processor of a process; may be given several times", oneMore)
    .option("--json", "the report as one JSON object")
    .optionsGroup("Only reckon:")
    .option("--plan <number>", "what a fleet of so many gateways needs, and what breaks first")
    .optionsGroup("Options:")
    .action(async (_options: unknown, command: Command) => {
      process.exitCode = await runProgram("simulators/fleet/main.ts", fleetArguments(command));
    });
  return endHelp(fleet, terminal, {
    examples: [
      ["carepost simulate fleet --broker mqtt://127.0.0.1:1883", "100 gateways for a minute"],
      [
        "carepost simulate fleet --broker mqtt://127.0.0.1:1883 --gateways 10000 --scenario storm",
        "all come back at once",
      ],
      ["carepost simulate fleet --plan 100000", "connections, rows, disk, memory of a fleet"],
    ],
    exitCodes: { 1: "readings were lost or doubled, or nothing connected" },
  });
}

const oneMore = (text: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), text];

/** As they were written: commander knows an option's long name, and calls its value by another. */
function fleetArguments(command: Command): readonly string[] {
  const values: FleetOptions = command.opts();
  return command.options.flatMap((option) => {
    const value = values[option.attributeName()];
    if (value === undefined) return [];
    if (value === true) return [`${option.long}`];
    return (typeof value === "string" ? [value] : value).map((text) => `${option.long}=${text}`);
  });
}
