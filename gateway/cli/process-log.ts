import type { LevelledLog, LogLevel } from "../ops/log.ts";
import { createLog } from "../ops/log.ts";
import type { LogRing } from "../ops/log-ring.ts";

/** The log of a program that runs on: JSON lines on standard error, or readable ones where a person looks on. */
export function processLog(level: LogLevel, ring: LogRing | null = null): LevelledLog {
  const { stderr } = process;
  return createLog({
    level,
    write: (line) => stderr.write(line),
    pretty: stderr.isTTY,
    colour: stderr.isTTY && stderr.hasColors(),
    now: () => Date.now(),
    ...(ring === null ? {} : { keep: (line) => ring.keep(line) }),
  });
}
