import { pino } from "pino";
import type { Log, LogFields } from "../../device-drivers/ports/log.ts";
import { logFields } from "./log-fields.ts";
import { prettyLine } from "./log-line.ts";

export type LogLevel = "error" | "warn" | "info" | "debug";

/** A log whose level can be changed while it is in use, as by the `set-config` command. */
export interface LevelledLog extends Log {
  setLevel(level: LogLevel): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Takes each line, with its line feed. */
  readonly write: (line: string) => void;
  /** One readable line for a person, in place of JSON for a program. */
  readonly pretty: boolean;
  readonly colour: boolean;
  readonly now: () => number;
  /** Is shown each line as JSON, whatever is written. */
  readonly keep?: (line: string) => void;
}

/**
 * The program's log: one JSON object a line with `level`, `at`, `event` and the fields that `logFields` names. A field
 * of another name is dropped, and so is whatever in a text looks like a device address, so that neither a person, a
 * value, a serial nor an address can be logged by a mistake elsewhere.
 */
export function createLog({ level, write, pretty, colour, now, keep }: LogOptions): LevelledLog {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"at":"${new Date(now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write: (line: string): void => {
        keep?.(line);
        write(pretty ? prettyLine(line, colour) : line);
      },
    },
  );
  return {
    error: (event, fields) => logger.error({ event, ...permitted(fields) }),
    warn: (event, fields) => logger.warn({ event, ...permitted(fields) }),
    info: (event, fields) => logger.info({ event, ...permitted(fields) }),
    debug: (event, fields) => logger.debug({ event, ...permitted(fields) }),
    setLevel: (next) => {
      logger.level = next;
    },
  };
}

const textCharsMax = 256;

function permitted(fields: LogFields = {}): LogFields {
  const kept = Object.entries(fields).filter(([name]) => logFields.has(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, shown(value)]));
}

/** A text without addresses and no longer than it may be; a number without the noise behind its first decimal. */
function shown(value: LogFields[string] = null): string | number | boolean | null {
  if (typeof value === "string") return value.slice(0, textCharsMax).replaceAll(addressPattern, "[address]");
  return typeof value === "number" ? Math.round(value * 10) / 10 : value;
}

/** Six octets in hex, however they are joined: a Bluetooth address, or the tail of one's path in a radio's messages. */
const addressPattern = /(?<![0-9A-Fa-f])[0-9A-Fa-f]{2}(?:[:_-][0-9A-Fa-f]{2}){5}(?![0-9A-Fa-f])/g;
