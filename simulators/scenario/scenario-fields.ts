import { z } from "zod";

/** Fields that scenarios are made of. Each says what to write, because its message is what an author gets to read. */

const unitMs = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const durationPattern = /^(-?\d+(?:\.\d+)?)(ms|s|min|h|d)$/;

const milliseconds = (text: string): number => {
  const [, amount, unit] = durationPattern.exec(text) ?? [];
  const factor = Object.entries(unitMs).find(([name]) => name === unit)?.[1] ?? 0;
  return Number(amount) * factor;
};

/** A span of time, as text; milliseconds when it is read. */
export const duration = z
  .string()
  .regex(/^\d+(?:\.\d+)?(?:ms|s|min|h|d)$/, "write a number and a unit, such as 500ms, 4s, 10min, 2h or 14d")
  .transform(milliseconds);

/** A span that may be negative. */
export const signedDuration = z
  .string()
  .regex(durationPattern, "write a number and a unit, such as -6h, 90s or 2d")
  .transform(milliseconds);

/** A time of the day; minutes after midnight when it is read. */
export const timeOfDay = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'write a quoted time of the day, such as "07:15"')
  .transform((text) => 60 * Number(text.slice(0, 2)) + Number(text.slice(3)));

export const probability = z
  .number("write a number from 0 to 1, such as 0.05")
  .min(0, "write a number from 0 to 1, such as 0.05")
  .max(1, "write a number from 0 to 1, such as 0.05");

export const count = z.int("write a whole number, 0 or more").min(0, "write a whole number, 0 or more");

export const label = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "write lower-case letters, digits and hyphens, such as kitchen-meter");

export const personReference = z
  .string()
  .regex(/^sim-\d{4}$/, "write a reference such as sim-0001: people are numbers, never names");

export const address = z
  .string()
  .regex(/^(?:[0-9A-F]{2}:){5}[0-9A-F]{2}$/, "write six pairs of upper-case hex digits, such as C0:53:49:4D:00:01");

/** From and to, drawn evenly between. */
export const span = z
  .tuple([duration, duration])
  .transform(([minMs, maxMs]) => ({ minMs: Math.min(minMs, maxMs), maxMs: Math.max(minMs, maxMs) }));
