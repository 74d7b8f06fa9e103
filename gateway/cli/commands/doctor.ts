import type { Command } from "commander";
import type { Examined } from "../../ops/doctor.ts";
import { endHelp, newCommand } from "../command.ts";
import { examinedText, summaryText } from "../doctor-text.ts";
import { stopSignal } from "../stop-signal.ts";
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
    .option("--json", "a JSON object {ok, checks: [{check, status, finding, mend, durationMs}]}")
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
  const { examine } = await import("../../ops/doctor.ts");
  const { checkup } = await import("../../ops/checkup.ts");
  const visit = await checkup({ path: config, environment: process.env, folder: process.cwd(), flags: [] });
  const nameColumns = Math.max(...visit.checks.map(({ name }) => name.length));
  const layout = { columns: Math.min(terminal.columns ?? 100, 100), nameColumns, paint: terminal.paint };
  const examined: Examined[] = [];
  const announce = (): void => {
    const next = visit.checks[examined.length];
    if (terminal.showsProgress && !json && next !== undefined) terminal.note(`  … ${next.name}\r`);
  };
  announce();
  for await (const one of examine(visit.checks, stopSignal())) {
    examined.push(one);
    if (!json) await terminal.out(examinedText(one, layout));
    announce();
  }
  await visit.close();
  const ok = examined.every(({ status }) => status !== "fail");
  await terminal.out(json ? `${JSON.stringify({ ok, checks: examined })}\n` : summaryText(examined, terminal.paint));
  return ok ? 0 : 1;
}
