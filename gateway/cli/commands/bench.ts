import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { projectFolder, runProgram } from "../child-process.ts";
import { cliErrors } from "../cli-error.ts";
import { endHelp, newCommand } from "../command.ts";
import type { Terminal } from "../terminal.ts";

const program = "test/bench/main.ts";

/** `carepost bench`: hands its arguments to the measurements, which live beside the tests. */
export function command(terminal: Terminal): Command {
  const bench = newCommand("bench", terminal)
    .description("Measures this product beside hand-made limits on this machine. A checkout of the project is needed.")
    .usage("[options of the measurements]")
    .argument("[arguments...]", "handed on as they are; `carepost bench -- --help` lists them")
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (args: readonly string[]) => {
      if (!existsSync(join(projectFolder, program))) {
        throw cliErrors.make("bench-absent", `there is no ${program} in ${projectFolder}`);
      }
      process.exitCode = await runProgram(program, args);
    });
  return endHelp(bench, terminal, {
    examples: [
      ["carepost bench", "all figures"],
      ["carepost bench --short", "fewer rounds, for a first look"],
    ],
  });
}
