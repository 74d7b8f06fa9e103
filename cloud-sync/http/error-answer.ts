import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { httpErrors, httpStatuses, type Statuses } from "./http-error.ts";

/** What is answered instead, as JSON. */
export interface ErrorAnswer {
  readonly error: { readonly code: string; readonly message: string; readonly remedy: string };
}

export interface AnswerRules {
  /** Of the page's own errors. What is said of these, and of `httpErrors`, is fit for whoever asks. */
  readonly statuses: Statuses;
  /** What is told of what nobody foresaw. */
  readonly failed: () => CarepostError;
}

export interface RefusedAnswer {
  readonly status: number;
  readonly body: ErrorAnswer;
}

/**
 * What we know is told with its remedy; what the framework refuses, in our words; the rest is nobody's business. Of an
 * error of another area the code and the remedy are told, which are the program's own text, and not the message.
 */
export function answerOf(error: unknown, { statuses, failed }: AnswerRules): RefusedAnswer {
  if (error instanceof CarepostError) {
    const status = statuses[error.code] ?? httpStatuses[error.code];
    if (status !== undefined) return { status, body: bodyOf(error, error.message) };
    return { status: statusOfBlame[error.blame], body: bodyOf(error, "it could not be done") };
  }
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : null;
  if (typeof status !== "number" || status < 400 || status >= 500) {
    const told = failed();
    return { status: 500, body: bodyOf(told, told.message) };
  }
  const told = httpErrors.make("request-invalid", "the request is malformed");
  return { status, body: bodyOf(told, told.message) };
}

const statusOfBlame: Readonly<Record<CarepostError["blame"], number>> = {
  operator: 409,
  device: 409,
  network: 503,
  storage: 503,
  program: 500,
};

const bodyOf = ({ code, remedy }: CarepostError, message: string): ErrorAnswer => ({
  error: { code, message, remedy },
});
