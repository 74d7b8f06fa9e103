import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** The steps of which durable writing is made: a port, so that a test can end the program between any two of them. */
export interface FileSteps {
  /** Makes or overwrites a file, and flushes it to the disk. */
  readonly write: (path: string, text: string, mode: number) => void;
  readonly rename: (from: string, to: string) => void;
  /** Makes what was renamed or removed in a folder survive a power cut. */
  readonly flushFolder: (path: string) => void;
  readonly remove: (path: string) => void;
}

export const diskSteps: FileSteps = {
  write: (path, text, mode) => {
    // A file that is there keeps its mode when it is opened, so a rest of an earlier attempt goes first.
    rmSync(path, { force: true });
    const file = openSync(path, "wx", mode);
    try {
      // All of it or an error: a single write may write a part, as when the disk runs full.
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  },
  rename: renameSync,
  flushFolder: (path) => {
    // Windows cannot open a folder, and keeps its entries by itself.
    if (process.platform === "win32") return;
    const folder = openSync(path, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  },
  remove: (path) => rmSync(path, { force: true }),
};

/** Readers see the file as it was or as it is to be, and so does the next start after a power cut. */
export function replaceFile(path: string, text: string, { steps, mode }: { steps: FileSteps; mode: number }): void {
  const draft = `${path}.new`;
  steps.write(draft, text, mode);
  steps.rename(draft, path);
  steps.flushFolder(dirname(path));
}

export const ownerOnly = 0o600;
export const readableByAll = 0o644;
