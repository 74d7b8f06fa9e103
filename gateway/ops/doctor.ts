import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { type Facts, fillText } from "./findings/fill-text.ts";
import { type FactsOf, type FindingCode, findingTexts, type FindingText } from "./findings/finding-texts.ts";

/** What one check found, in a sentence, and how to mend it. */
export interface Finding {
  /** `skipped`: another check has to pass first, and the finding says which. */
  readonly status: "ok" | "warn" | "fail" | "skipped";
  readonly finding: string;
  /** What to do, a line each; null where there is nothing to mend. */
  readonly mend: string | null;
  /** The same by code and facts, for whoever says it in another language; empty where it is told in English alone. */
  readonly said: readonly Said[];
  /** Of the error that the check ended with, where it did. */
  readonly code?: string;
}

/** One thing that was found: its words are in `findings/`. */
export interface Said {
  readonly code: FindingCode;
  readonly facts: Facts;
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

/** One thing that was found, with the facts that its words want. */
export const say = <Code extends FindingCode>(
  code: Code,
  ...facts: keyof FactsOf<Code> extends never ? [] : [FactsOf<Code> & Facts]
): Said => ({ code, facts: facts[0] ?? {} });

export const healthy = (...said: readonly Said[]): Finding => told("ok", said);
export const doubtful = (...said: readonly Said[]): Finding => told("warn", said);
export const broken = (...said: readonly Said[]): Finding => told("fail", said);
export const skipped = (...said: readonly Said[]): Finding => told("skipped", said);

/** For checks that no page shows: those of the ingestion end, which only a command tells. */
export const inEnglish = (status: Finding["status"], finding: string, mend: string | null = null): Finding => ({
  status,
  finding,
  mend,
  said: [],
});

function told(status: Finding["status"], said: readonly Said[]): Finding {
  const parts = said.map(({ code, facts }) => {
    const [finding, mend]: FindingText = findingTexts[code];
    return { finding: fillText(finding, facts), mend: mend === null ? null : fillText(mend, facts) };
  });
  const mends = new Set(parts.map(({ mend }) => mend).filter((mend) => mend !== null));
  return {
    status,
    finding: parts
      .map(({ finding }) => finding)
      .filter((finding) => finding !== "")
      .join("; "),
    mend: mends.size === 0 ? null : [...mends].join("\n"),
    said,
  };
}

function findingOf(error: unknown): Finding {
  if (error instanceof CarepostError) {
    const { code, message, remedy } = error;
    return { ...broken(say("check-refused", { code, message, remedy })), code };
  }
  const message = error instanceof Error ? error.message : String(error);
  return broken(say("check-failed", { message }));
}
