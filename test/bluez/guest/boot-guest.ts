import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, existsSync, readFileSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";

export interface GuestSetup {
  readonly kernel: string;
  /** Exists, and is empty. The guest writes its verdict, its report and its traces there. */
  readonly outFolder: string;
  readonly limitMs: number;
  readonly memoryMiB: number;
  /** More arguments for vitest. */
  readonly vitest: readonly string[];
  /** Environment variables of the suites. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What `init.sh` says when everything is on disk. */
const lastLine = "guest: over";

/** How a guest ended. */
export type GuestEnd =
  /** `exitCode` is what vitest said; null if the guest never came so far. */
  | { readonly type: "over"; readonly exitCode: number | null }
  | { readonly type: "took-too-long" }
  | { readonly type: "interrupted" };

/**
 * Boots the guest and waits for its end, its limit, or the signal. It is one process with children of its own, needs
 * no privileges, and leaves nothing running.
 * @param onLine told each line of the console
 */
export async function bootGuest(
  setup: GuestSetup,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<GuestEnd> {
  const { kernel, outFolder, limitMs } = setup;
  writeFileSync(join(outFolder, "guest.env"), environmentText(setup));
  const guest = spawn(kernel, kernelParameters(setup), {
    // A group of its own, so that the processes that it makes on this machine end with it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, TMPDIR: memoryFolder(setup.memoryMiB) },
  });
  const limit = AbortSignal.timeout(limitMs);
  const either = AbortSignal.any([signal, limit]);
  const end = (): void => killGroup(guest);
  either.addEventListener("abort", end, { once: true });
  try {
    const hear = (line: string): void => {
      if (stripVTControlCharacters(line).trim() === lastLine) end();
      else onLine(line);
    };
    const heard = Promise.all([readLines(guest.stdout, hear), readLines(guest.stderr, hear)]);
    await once(guest, "exit");
    killGroup(guest);
    await heard;
  } finally {
    either.removeEventListener("abort", end);
  }
  if (signal.aborted) return { type: "interrupted" };
  return limit.aborted ? { type: "took-too-long" } : { type: "over", exitCode: verdict(outFolder) };
}

function kernelParameters({ memoryMiB, outFolder }: GuestSetup): readonly string[] {
  return [
    `mem=${memoryMiB}M`,
    "root=/dev/root",
    "rootfstype=hostfs",
    "rootflags=/",
    "ro",
    "init=/bin/bash",
    "con=null",
    "con0=null,fd:1",
    "ssl=null",
    "quiet",
    // What follows the dashes is for init: parted by spaces, with no way to quote one.
    "--",
    join(import.meta.dirname, "init.sh"),
    outFolder,
  ];
}

function environmentText({ environment, vitest }: GuestSetup): string {
  const variables = {
    ...environment,
    HOME: "/root",
    TMPDIR: "/tmp",
    CI: "1",
    NO_COLOR: "1",
    CAREPOST_CHECKOUT: resolve(import.meta.dirname, "../../.."),
    CAREPOST_NODE: process.execPath,
  };
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`);
  return `${lines.join("\n")}\nCAREPOST_VITEST=(${vitest.map(quoted).join(" ")})\n`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The guest's memory is a file that it maps and runs programs from: in memory, if that is allowed and large enough. */
function memoryFolder(memoryMiB: number): string {
  const shared = "/dev/shm";
  try {
    accessSync(shared, constants.W_OK);
    const { bavail, bsize } = statfsSync(shared);
    const isNoExec = / \/dev\/shm [^ ]+ [^ ]*\bnoexec\b/.test(readFileSync("/proc/mounts", "utf8"));
    return isNoExec || bavail * bsize < memoryMiB * 1_048_576 ? tmpdir() : shared;
  } catch {
    return tmpdir();
  }
}

async function readLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): Promise<void> {
  if (stream === null) return;
  for await (const line of createInterface({ input: stream })) onLine(line);
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // All of it has ended by itself.
  }
}

function verdict(outFolder: string): number | null {
  const path = join(outFolder, "verdict");
  if (!existsSync(path)) return null;
  const text = readFileSync(path, "utf8").trim();
  return /^\d+$/.test(text) ? Number(text) : null;
}
