/**
 * Where the program tells what happened, as an event and its fields. Only the names in `logFields` are written: a
 * person, a value, a serial and an address have no name there, so they cannot be logged.
 */
export interface Log {
  error(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  debug(event: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, string | number | boolean | null>>;
