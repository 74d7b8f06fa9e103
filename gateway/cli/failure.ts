import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { ErrorContext } from "../../device-drivers/kit/carepost-error.ts";
import { InvalidConfig } from "../config/config-error.ts";
import type { ConfigProblem } from "../config/config-error.ts";
import type { Paint, Style } from "./terminal.ts";
import { wrapText } from "./wrap-text.ts";

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
    ...(cause instanceof AggregateError && !isOfAddresses(cause) ? { causes: cause.errors.map(failureOf) } : {}),
  };
}

/** Node's own, of a name whose addresses it has tried in vain, has a code; what it holds are no failures of the program. */
const isOfAddresses = (cause: AggregateError): boolean => "code" in cause;

const unexpected = (error: unknown): Failure => ({
  code: "unexpected",
  message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  remedy: "Report this with what you did and what `carepost --version` says: it is a fault of the program.",
  context: {},
});

export const failureJson = (failure: Failure): string => `${JSON.stringify({ error: failure })}\n`;

/** What failed, its code, the circumstances, and what to do: for a person. Null columns: no line is broken. */
export function failureText(failure: Failure, paint: Paint, columns: number | null): string {
  const write = writerFor(paint, columns);
  const head = `${paint("red", "✗")} ${paint("bold", sentence(failure.message))} ${paint("dim", `(${failure.code})`)}\n`;
  const circumstances = Object.entries(failure.context).map(([name, value]) => write("  ", `${name}: ${value}`, "dim"));
  const problems = (failure.problems ?? []).map((problem) => problemText(problem, paint, write));
  const causes = (failure.causes ?? []).map((cause) => failureText(cause, paint, columns));
  const remedy = (problems.length === 0 ? "" : "\n") + write("  → ", failure.remedy);
  const told = problems.length === 0 ? circumstances : problems;
  return [head, ...told, remedy, ...causes].join("");
}

/** Writes a text after an indent, and its further lines below it. */
type Write = (indent: string, text: string, style?: Style) => string;

const writerFor =
  (paint: Paint, columns: number | null): Write =>
  (indent, text, style) => {
    const room = columns === null ? Number.POSITIVE_INFINITY : Math.max(20, columns - indent.length);
    const [first = "", ...rest] = wrapText(text, room);
    const styled = (line: string): string => (style === undefined ? line : paint(style, line));
    const below = " ".repeat(indent.length);
    const head = indent.replace("→", paint("cyan", "→"));
    return [head + styled(first), ...rest.map((line) => below + styled(line))].map((line) => `${line}\n`).join("");
  };

function problemText({ key, value, source, problem, remedy }: ConfigProblem, paint: Paint, write: Write): string {
  const said = value === null ? "" : ` = ${value}`;
  const head = `\n  ${paint("bold", key)}${said}  ${paint("dim", source)}\n`;
  return head + write("    ", problem, "red") + write("    → ", remedy);
}

/** A name of a file, a host or a gateway stands as it is written, also at the beginning. */
const sentence = (text: string): string =>
  /^[a-z]+(?:[ ,]|$)/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
