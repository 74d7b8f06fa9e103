import type { Command } from "commander";
import { runProgram } from "../child-process.ts";
import { endHelp, newCommand } from "../command.ts";
import type { Terminal } from "../terminal.ts";

interface SimulateOptions {
  readonly scenario: string;
  readonly socket: string;
  readonly seed?: string;
  readonly journal?: string;
  readonly for?: string;
  readonly json?: true;
}

/** `carepost simulate`: virtual devices in a process of their own; the gateway knows them by their socket only. */
export function command(terminal: Terminal): Command {
  const simulate = newCommand("simulate", terminal)
    .description(
      "Runs virtual meters and cuffs from a scenario, on a local socket that a gateway's virtual radio listens to.",
    )
    .optionsGroup("What happens:")
    .option("--scenario <file|name>", "a scenario file, or one of the project's own", "home-day")
    .option("--seed <number>", "the same seed makes the same day; the scenario's own if not given")
    .option("--for <duration>", "end after this long, such as 20s or 5m; until Ctrl-C if not given")
    .optionsGroup("Where it goes:")
    .option("--socket <path>", "the socket that devices are heard on", "/run/carepost/air.sock")
    .option("--journal <file>", "a JSON line for everything that a device has shown")
    .option("--json", "a JSON line for each event on standard output")
    .optionsGroup("Options:")
    .action(async (options: SimulateOptions) => {
      process.exitCode = await runProgram("simulators/main.ts", simulatorArguments(options));
    });
  return endHelp(simulate, terminal, {
    examples: [
      ["carepost simulate --socket ./air.sock", "one meter and one cuff at home"],
      ["carepost simulate --scenario clinic --seed 7", "several devices, with faults"],
    ],
  });
}

export function simulatorArguments({ json, ...options }: SimulateOptions): readonly string[] {
  const given = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  return json === true ? [...given, "--json"] : given;
}
