import { execFile } from "node:child_process";
import { accessSync, constants, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";

/** What the radio's checks ask of the machine. A test puts another one in its place. */
export interface Machine {
  readonly platform: string;
  /** As `uname -r` says it. */
  readonly kernel: string;
  /** The text of a file; null if there is none, or it may not be read. */
  read(path: string): string | null;
  /** Is there such a file, which this user may not read? */
  isDenied(path: string): boolean;
  /** The names in a folder; none if there is no such folder. */
  list(path: string): readonly string[];
  /** Where a link leads; null if there is none, or nobody may know. */
  follow(path: string): string | null;
  /** What a program printed; null if it could not be run, failed, or took too long. */
  run(program: string, args: readonly string[], signal: AbortSignal): Promise<string | null>;
}

const fileBytesMax = 1_048_576;
const runMsMax = 10_000;

/** @param root where its files are: another folder than / for a machine that is only files */
export const thisMachine = (root = "/"): Machine => ({
  platform: process.platform,
  kernel: release(),
  read: (path) => {
    try {
      return readFileSync(join(root, path), "utf8").slice(0, fileBytesMax);
    } catch {
      return null;
    }
  },
  isDenied: (path) => {
    try {
      accessSync(join(root, path), constants.R_OK);
      return false;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : null;
      return code === "EACCES" || code === "EPERM";
    }
  },
  list: (path) => {
    try {
      return readdirSync(join(root, path));
    } catch {
      return [];
    }
  },
  follow: (path) => {
    try {
      return readlinkSync(join(root, path));
    } catch {
      return null;
    }
  },
  run: (program, args, signal) =>
    new Promise((resolve) => {
      const options = { timeout: runMsMax, maxBuffer: fileBytesMax, signal, killSignal: "SIGKILL" } as const;
      execFile(program, args, options, (error, stdout) => resolve(error === null ? stdout : null));
    }),
});

export interface SeenProcess {
  readonly id: string;
  /** The process that started it; null where that is hidden. */
  readonly parent: string | null;
  /** As the kernel has it: at most 15 characters. */
  readonly name: string;
  /** Empty where they are hidden. */
  readonly arguments: readonly string[];
}

/** The processes of the machine. */
export const processesOf = (machine: Machine): readonly SeenProcess[] =>
  machine
    .list("/proc")
    .filter((id) => /^\d+$/.test(id))
    .map((id) => ({
      id,
      parent: /^PPid:\s*(\d+)$/m.exec(machine.read(`/proc/${id}/status`) ?? "")?.[1] ?? null,
      name: (machine.read(`/proc/${id}/comm`) ?? "").trim(),
      arguments: (machine.read(`/proc/${id}/cmdline`) ?? "").split("\0").filter((argument) => argument !== ""),
    }));
