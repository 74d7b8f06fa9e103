import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { ErrorContext } from "../../device-drivers/kit/carepost-error.ts";
import { InvalidConfig } from "../config/config-error.ts";
import type { ConfigProblem } from "../config/config-error.ts";
import type { Paint } from "./terminal.ts";

/** A failure as a program reads it, under `error`. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly context: ErrorContext;
  /** All that is wrong in a configuration. */
  readonly problems?: readonly ConfigProblem[];
  /** Where several things failed at once: each of them. */
  readonly causes?: readonly Failure[];
}

export function failureOf(error: unknown): Failure {
  if (!(error instanceof CarepostError)) return unexpected(error);
  const { code, message, remedy, context, cause } = error;
  return {
    code,
    message,
    remedy,
    context,
    ...(error instanceof InvalidConfig ? { problems: error.problems } : {}),
    ...(cause instanceof AggregateError ? { causes: cause.errors.map(failureOf) } : {}),
  };
}

const unexpected = (error: unknown): Failure => ({
  code: "unexpected",
  message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  remedy: "Report this with what you did and what `carepost --version` says: it is a fault of the program.",
  context: {},
});

export const failureJson = (failure: Failure): string => `${JSON.stringify({ error: failure })}\n`;

/** What failed, its code, the circumstances, and what to do: for a person. */
export function failureText(failure: Failure, paint: Paint): string {
  const head = `${paint("red", "✗")} ${paint("bold", sentence(failure.message))} ${paint("dim", `(${failure.code})`)}\n`;
  const circumstances = Object.entries(failure.context).map(
    ([name, value]) => `  ${paint("dim", `${name}:`)} ${value}\n`,
  );
  const remedy = `  ${paint("cyan", "→")} ${failure.remedy}\n`;
  const causes = (failure.causes ?? []).map((cause) => failureText(cause, paint));
  if (failure.problems === undefined) return head + circumstances.join("") + remedy + causes.join("");
  return `${head}${failure.problems.map((problem) => problemText(problem, paint)).join("")}\n${remedy}`;
}

function problemText({ key, value, source, problem, remedy }: ConfigProblem, paint: Paint): string {
  const said = value === null ? "" : ` = ${value}`;
  return (
    `\n  ${paint("bold", key)}${said}  ${paint("dim", source)}\n` +
    `    ${paint("red", problem)}\n` +
    `    ${paint("cyan", "→")} ${remedy}\n`
  );
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
