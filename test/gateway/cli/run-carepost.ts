import { spawn } from "node:child_process";
import { join } from "node:path";

export const launcher = join(import.meta.dirname, "../../../gateway/cli/carepost.mjs");

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** How it is started, in place of the launcher. */
  readonly path?: string;
}

/** Runs `carepost` as a person or another program would, without colours and without this process's own settings. */
export async function carepost(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { input = "", environment = {}, folder = import.meta.dirname, path = launcher } = options;
  const child = spawn(process.execPath, [path, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], NO_COLOR: "1", ...environment },
    stdio: "pipe",
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { code, stdout, stderr };
}
