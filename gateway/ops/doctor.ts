import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";

/** What one check found, in a sentence, and how to mend it. */
export interface Finding {
  /** `skipped`: another check has to pass first, and the finding says which. */
  readonly status: "ok" | "warn" | "fail" | "skipped";
  readonly finding: string;
  /** What to do; null where there is nothing to mend. */
  readonly mend: string | null;
  /** Of the error that the check ended with, where it did. */
  readonly code?: string;
}

export interface Check {
  readonly name: string;
  /** May reject: what it rejects with is then its finding. */
  run(signal: AbortSignal): Promise<Finding>;
}

export interface Examined extends Finding {
  readonly check: string;
  readonly durationMs: number;
}

/** Runs the checks one after the other, so that none disturbs what another measures, and tells each as it ends. */
export async function* examine(checks: readonly Check[], signal: AbortSignal): AsyncGenerator<Examined, void> {
  for (const check of checks) {
    signal.throwIfAborted();
    const startedAt = performance.now();
    const finding = await check.run(signal).catch(findingOf);
    yield { check: check.name, ...finding, durationMs: Math.round(performance.now() - startedAt) };
  }
}

export const healthy = (finding: string): Finding => ({ status: "ok", finding, mend: null });
export const doubtful = (finding: string, mend: string): Finding => ({ status: "warn", finding, mend });
export const broken = (finding: string, mend: string): Finding => ({ status: "fail", finding, mend });
export const skipped = (finding: string): Finding => ({ status: "skipped", finding, mend: null });

function findingOf(error: unknown): Finding {
  if (error instanceof CarepostError) {
    return { ...broken(`${error.message} (${error.code})`, error.remedy), code: error.code };
  }
  const message = error instanceof Error ? error.message : String(error);
  return broken(`the check itself failed: ${message}`, "Report this: it is a fault of the program.");
}
