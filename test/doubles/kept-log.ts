import type { Log, LogFields } from "../../device-drivers/ports/log.ts";

/** A log that keeps what it is told, for tests that ask for it. */
export interface KeptLog extends Log {
  readonly lines: readonly { readonly level: string; readonly event: string; readonly fields: LogFields }[];
}

export function keptLog(): KeptLog {
  const lines: { level: string; event: string; fields: LogFields }[] = [];
  const keep =
    (level: string) =>
    (event: string, fields: LogFields = {}): void => {
      lines.push({ level, event, fields });
    };
  return { lines, error: keep("error"), warn: keep("warn"), info: keep("info"), debug: keep("debug") };
}
