import type { LevelledLog, LogLevel } from "../ops/log.ts";
import { createLog } from "../ops/log.ts";

/**
 * The log of a program that runs on: JSON lines on standard error, or readable ones where a person looks on. `keep` is
 * shown each as JSON.
 */
export function processLog(level: LogLevel, keep?: (line: string) => void): LevelledLog {
  const { stderr } = process;
  return createLog({
    level,
    write: (line) => stderr.write(line),
    pretty: stderr.isTTY,
    colour: stderr.isTTY && stderr.hasColors(),
    now: () => Date.now(),
    ...(keep === undefined ? {} : { keep }),
  });
}
