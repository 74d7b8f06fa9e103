/**
 * Every failure that crosses a boundary of Carepost is a `CarepostError`: a code from a closed table, what was going on
 * (`context`), and what the operator can do about it (`remedy`). Each area defines its own table with `defineErrors`.
 */
export class CarepostError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly context: ErrorContext;
  readonly blame: ErrorEntry["blame"];
  readonly recovery: ErrorEntry["recovery"];
  readonly remedy: string;

  constructor(code: Code, entry: ErrorEntry, details: ErrorDetails & { readonly message: string }) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "CarepostError";
    this.code = code;
    this.context = details.context ?? {};
    this.blame = entry.blame;
    this.recovery = entry.recovery;
    this.remedy = entry.remedy;
  }
}

export interface ErrorEntry {
  /** Who can put it right: the person who configured it, the device, the network, the disk, or us. */
  readonly blame: "operator" | "device" | "network" | "storage" | "program";
  /** What the program does next: try again later, stop, set the bad thing aside and go on, or make it anew. */
  readonly recovery: "retry" | "stop" | "quarantine" | "rebuild";
  /** One sentence to the operator: what to do. */
  readonly remedy: string;
}

/** Never a person, a value, a serial or an address: contexts are logged. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | null>>;

export interface ErrorDetails {
  readonly context?: ErrorContext;
  readonly cause?: unknown;
}

/** Makes the constructor of one area's errors from its table of codes. */
export function defineErrors<Code extends string>(table: Readonly<Record<Code, ErrorEntry>>): ErrorFamily<Code> {
  const make = (code: Code, message: string, details: ErrorDetails = {}): CarepostError<Code> =>
    new CarepostError<Code>(code, table[code], { ...details, message });
  const is = (error: unknown, ...codes: readonly Code[]): error is CarepostError<Code> =>
    error instanceof CarepostError &&
    error.code in table &&
    (codes.length === 0 || codes.some((code) => code === error.code));
  return { make, is, table };
}

export interface ErrorFamily<Code extends string> {
  make(code: Code, message: string, details?: ErrorDetails): CarepostError<Code>;
  /** Is it one of this family, and one of `codes` where any are named? */
  is(error: unknown, ...codes: readonly Code[]): error is CarepostError<Code>;
  readonly table: Readonly<Record<Code, ErrorEntry>>;
}
