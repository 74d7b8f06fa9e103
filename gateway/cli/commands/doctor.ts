import type { Command } from "commander";
import { endHelp, newCommand } from "../command.ts";
import type { Terminal } from "../terminal.ts";

interface DoctorOptions {
  readonly config?: string;
  readonly json?: true;
}

/** `carepost doctor`: what is wrong with this machine, and how to mend it. */
export function command(terminal: Terminal): Command {
  const doctor = newCommand("doctor", terminal)
    .description(
      "Checks Node, the configuration, the disk, the store, the clock, the radio, the broker and the ingestor, and says how to mend what is wrong. It changes nothing, and may run beside a gateway.",
    )
    .option(
      "-c, --config <file>",
      "the gateway's configuration (default: ./carepost.yaml, /etc/carepost/carepost.yaml)",
    )
    .option("--json", "a JSON object {ok, checks: [{check, status, finding, mend, said: [{code, facts}], durationMs}]}")
    .action(async ({ config, json }: DoctorOptions) => {
      process.exitCode = await examineMachine({ config: config ?? null, json: json === true }, terminal);
    });
  return endHelp(doctor, terminal, {
    examples: [
      ["carepost doctor", "look at this machine"],
      ["carepost doctor --json | jq '.checks[] | select(.status==\"fail\")'", "what fails, for a program"],
    ],
    exitCodes: { 0: "nothing fails; there may be warnings", 1: "something fails" },
  });
}

async function examineMachine(
  { config, json }: { readonly config: string | null; readonly json: boolean },
  terminal: Terminal,
): Promise<0 | 1> {
  const { tellChecks } = await import("../tell-checks.ts");
  const { checkup } = await import("../../ops/checkup.ts");
  const visit = await checkup({ path: config, environment: process.env, folder: process.cwd(), flags: [] });
  try {
    return await tellChecks(visit.checks, { json, terminal });
  } finally {
    await visit.close();
  }
}
