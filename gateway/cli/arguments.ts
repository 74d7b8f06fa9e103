import { Argument, InvalidArgumentError } from "commander";
import { gatewayId, personReference } from "../../cloud-sync/contract/reading.ts";

/** Parsers of arguments and options. What they refuse is bad usage: exit code 2. */

export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };

/** Any number of ids; none stands for all. */
export const idsArgument = (): Argument =>
  new Argument("[ids...]", "their ids").argParser(oneMoreId).default([], "all");

const oneMoreId = (text: string, before: readonly number[]): readonly number[] => [
  ...before,
  wholeNumber(1, Number.MAX_SAFE_INTEGER)(text),
];

export function personArgument(text: string): string {
  if (personReference.safeParse(text).success) return text;
  throw new InvalidArgumentError(
    "It must be letters, digits and _ . : - , at most 64, and never a name or an e-mail address.",
  );
}

/** One person or more. */
export const peopleArgument = (): Argument =>
  new Argument("<person...>", "their opaque references").argParser((text: string, before: unknown) => [
    ...(Array.isArray(before) ? before : []),
    personArgument(text),
  ]);

export function gatewayIdArgument(text: string): string {
  if (gatewayId.safeParse(text).success) return text;
  throw new InvalidArgumentError("It must be letters, digits and _ . - , at most 64.");
}

/** A date and time with a zone, or a date, which then starts at midnight UTC: as milliseconds since 1970. */
export function instantArgument(text: string): number {
  const at = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)
    ? Date.parse(text)
    : NaN;
  if (!Number.isNaN(at)) return at;
  throw new InvalidArgumentError(
    "It must be a date such as 2026-03-01, or a time with its zone: 2026-03-01T08:00:00+01:00.",
  );
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

/** "20s", "5min", "1h" or "500ms", in milliseconds. */
export function durationArgument(text: string): number {
  const [, amount = "", unit = ""] = /^(\d{1,7})(ms|s|min|m|h)$/.exec(text) ?? [];
  const unitMs = unitsMs[unit];
  if (unitMs !== undefined && Number(amount) > 0) return Number(amount) * unitMs;
  throw new InvalidArgumentError("It must be a duration such as 20s, 5min or 1h.");
}

/** The same, and days: "7d". */
export function longDurationArgument(text: string): number {
  const [, days = ""] = /^(\d{1,4})d$/.exec(text) ?? [];
  if (Number(days) > 0) return Number(days) * 86_400_000;
  if (days === "") return durationArgument(text);
  throw new InvalidArgumentError("It must be a duration such as 30min, 24h or 7d.");
}
