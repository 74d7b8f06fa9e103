import { closeSync, openSync, writeSync } from "node:fs";
import type { DeviceEvent } from "./peripherals/device-event.ts";
import { simulatorErrors } from "./simulator-error.ts";

/**
 * The oracle: what devices took and what they showed, one JSON line each, in a file. A line is with the operating
 * system before the next thing happens, so it survives the death of the simulator at any moment.
 */
export interface Journal {
  write(event: DeviceEvent): void;
  close(): void;
}

/**
 * Opens a journal, and goes on at the end of one that exists.
 * @throws CarepostError `journal-unwritable`, here and by `write`
 */
export function openJournal(path: string): Journal {
  const file = unlessUnwritable(path, () => openSync(path, "a"));
  return {
    write: (event) => {
      const line = Buffer.from(`${JSON.stringify(event)}\n`);
      // A short write leaves half a line, which would make two events unreadable.
      const written = unlessUnwritable(path, () => writeSync(file, line));
      if (written < line.length)
        throw simulatorErrors.make("journal-unwritable", `the journal ${path} took half a line`);
    },
    close: () => closeSync(file),
  };
}

function unlessUnwritable<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw simulatorErrors.make("journal-unwritable", `the journal ${path} cannot be written`, { cause: error });
  }
}
