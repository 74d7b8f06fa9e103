import { usageExitCode } from "./command.ts";
import { failureJson, failureOf, failureText } from "./failure.ts";
import { letForcedExitsEnd } from "./forced-exit.ts";
import { carepostProgram } from "./program.ts";
import { bearSlowNetworks } from "./slow-networks.ts";
import { endWhenReaderLeaves, processTerminal } from "./terminal.ts";

/** The `carepost` command. It sets the exit code and lets the process end by itself, so that all output is written. */
letForcedExitsEnd();
bearSlowNetworks();
endWhenReaderLeaves();
const args = process.argv.slice(2);
if (args.includes("--no-color")) {
  process.env["NO_COLOR"] = "1";
  delete process.env["FORCE_COLOR"];
}
await run(args.filter((argument) => argument !== "--no-color"));

async function run(given: readonly string[]): Promise<void> {
  const terminal = processTerminal();
  try {
    const program = await carepostProgram(given, terminal);
    if (given.length === 0) program.help({ error: true });
    await program.parseAsync(given, { from: "user" });
  } catch (error) {
    const usage = usageExitCode(error);
    process.exitCode = given.length === 0 ? 2 : (usage ?? 1);
    if (usage !== null) return;
    const failure = failureOf(error);
    if (given.includes("--json")) await terminal.out(failureJson(failure));
    else terminal.note(failureText(failure, terminal.paintNote, terminal.columnsNote));
  }
}
