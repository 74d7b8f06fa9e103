import { examine } from "../ops/doctor.ts";
import type { Check, Examined } from "../ops/doctor.ts";
import { examinedText, summaryText } from "./doctor-text.ts";
import { stopSignal } from "./stop-signal.ts";
import type { Terminal } from "./terminal.ts";

/** Runs checks and tells each as it ends. Returns the exit code: 1 if one of them fails. */
export async function tellChecks(
  checks: readonly Check[],
  { json, terminal }: { readonly json: boolean; readonly terminal: Terminal },
): Promise<0 | 1> {
  const nameColumns = Math.max(...checks.map(({ name }) => name.length));
  const layout = { columns: Math.min(terminal.columns ?? 100, 100), nameColumns, paint: terminal.paint };
  const examined: Examined[] = [];
  const announce = (): void => {
    const next = checks[examined.length];
    if (terminal.showsProgress && !json && next !== undefined) terminal.note(`  … ${next.name}\r`);
  };
  announce();
  for await (const one of examine(checks, stopSignal())) {
    examined.push(one);
    if (!json) await terminal.out(examinedText(one, layout));
    announce();
  }
  const ok = examined.every(({ status }) => status !== "fail");
  await terminal.out(json ? `${JSON.stringify({ ok, checks: examined })}\n` : summaryText(examined, terminal.paint));
  return ok ? 0 : 1;
}
