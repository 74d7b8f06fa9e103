import { constants } from "node:fs";
import { access, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { cliErrors } from "./cli-error.ts";
import type { Terminal } from "./terminal.ts";

/** Writes a support bundle into a file for its owner alone, or to standard output. Rejects with `file-unwritable`. */
export async function writeBundle(text: string, output: string | undefined, terminal: Terminal): Promise<void> {
  const whole = text.endsWith("\n") ? text : `${text}\n`;
  if (output === undefined) return await terminal.out(whole);
  await writeFile(output, whole, { mode: 0o600 }).catch(unwritable(output));
  terminal.note(`${output} is written. Look through it before you give it away.\n`);
}

/** Rejects with `file-unwritable` where no file of this name can be written. */
export async function whereBundleMayBe(output: string | undefined): Promise<void> {
  if (output !== undefined) await whereFileMayBe(output).catch(unwritable(output));
}

async function whereFileMayBe(path: string): Promise<void> {
  const there = await stat(path).catch(() => null);
  if (there?.isDirectory() === true) throw new RangeError("it is a folder");
  await access(there === null ? dirname(path) : path, constants.W_OK);
}

const unwritable =
  (output: string) =>
  (cause: unknown): never => {
    throw cliErrors.make("file-unwritable", `the bundle cannot be written to ${output}`, { cause });
  };
