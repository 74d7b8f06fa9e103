import type { Command } from "commander";
import { runProgram } from "../child-process.ts";
import { endHelp, newCommand } from "../command.ts";
import type { Terminal } from "../terminal.ts";
import { fleetCommand } from "./simulate-fleet.ts";

/** Everything is handed on as it was written: the simulators judge it. */
type SimulateOptions = Readonly<Record<string, string | true>>;

/** `carepost simulate`: virtual devices in a process of their own; the gateway knows them by their socket only. */
export function command(terminal: Terminal): Command {
  const simulate = newCommand("simulate", terminal)
    .description(
      "Runs virtual meters and cuffs, and the people who use them, on a local socket that a gateway's virtual radio listens to.",
    )
    .optionsGroup("What happens:")
    .option("--scenario <file|name>", "a scenario file, or one that --list names (default: home-day)")
    .option("--replay <file>", "a recorded device: a file of `carepost capture`, alone or beside a --scenario")
    .option("--seed <number>", "another seed is another life (default: 1)")
    .option("--cues", "also what standard input says, a JSON line each: simulators/scenario/README.md")
    .option("--for <duration>", "end after this long, such as 20s or 5min; until Ctrl-C if not given")
    .optionsGroup("Where it goes:")
    .option("--socket <path>", "the socket that devices are heard on (default: where a gateway listens by default)")
    .option("--port <number>", "a loopback port in its place; 0 takes any that is free")
    .option("--bluez <address>", "the devices also as org.bluez on this D-Bus; `private` starts one and prints where")
    .option(
      "--hci <path>",
      "the devices also as peripherals of HCI controllers (H4), one for each client of this socket",
    )
    .option("--vhci", "the devices also in the room of this machine's kernel, by /dev/vhci")
    .option("--journal <file>", "a JSON line for each record that was taken or shown")
    .option("--json", "a JSON line for each event on standard output")
    .optionsGroup("Only look:")
    .option("--list", "the scenarios that come with Carepost")
    .option("--roster", "the scenario's devices and people, as JSON")
    .optionsGroup("Options:")
    .action(async (options: SimulateOptions) => {
      process.exitCode = await runProgram("simulators/main.ts", simulatorArguments(options));
    })
    .commandsGroup("Beyond one room:")
    .addCommand(fleetCommand(terminal));
  return endHelp(simulate, terminal, {
    examples: [
      ["carepost simulate", "one meter and one cuff at home"],
      ["carepost simulate --scenario clinic --seed 7", "several devices, with faults"],
      ["carepost simulate --list", "what else there is"],
      ["carepost simulate fleet --help", "thousands of gateways against a broker"],
    ],
  });
}

export const simulatorArguments = (options: SimulateOptions): readonly string[] =>
  Object.entries(options).map(([name, value]) => (value === true ? `--${name}` : `--${name}=${value}`));
