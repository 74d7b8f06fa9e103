import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { InvalidConfig } from "../../../gateway/config/config-error.ts";

/** A folder with the files of a configuration, for the tests of one file. */
export interface ConfigFiles {
  readonly folder: string;
  /** Writes a file, and returns its path. */
  write(name: string, text: string, mode?: number): string;
}

export function configFiles(): ConfigFiles {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "carepost-config-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  return {
    get folder() {
      return folder;
    },
    write: (name, text, mode = 0o600) => {
      const path = join(folder, name);
      writeFileSync(path, text);
      chmodSync(path, mode);
      return path;
    },
  };
}

/** What is wrong with the configuration that is loaded, each as its key and what the problem is. */
export function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
    return [];
  } catch (error) {
    if (error instanceof InvalidConfig) return error.problems.map(({ key, problem }) => `${key} ${problem}`);
    throw error;
  }
}
