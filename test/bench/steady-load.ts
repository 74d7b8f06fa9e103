import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { SteadyLoad, SteadyLoadReport, ToldReport } from "./steady-load-process.ts";

export interface RunningLoad {
  readonly report: SteadyLoadReport;
  /** SIGKILL, while the store is open. */
  readonly kill: () => Promise<void>;
}

/**
 * Notifications at a steady rate through decoder, store and forwarder, in a process of its own. `prefix` is a command
 * that starts it, such as one that makes its disk slow. It goes on with its store open until it is killed.
 */
export function runSteadyLoad(load: SteadyLoad, prefix: readonly string[] = []): Promise<RunningLoad> {
  const [command, ...args] = [...prefix, process.execPath, program, JSON.stringify(load)];
  const child = spawn(command ?? process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the load's process ended with ${code}`)));
    createInterface({ input: child.stdout }).once("line", (line) => {
      const { pid, report }: ToldReport = JSON.parse(line);
      const kill = async (): Promise<void> => {
        process.kill(pid, "SIGKILL");
        await ended;
      };
      resolve({ report, kill });
    });
  });
}

const program = fileURLToPath(new URL("./steady-load-process.ts", import.meta.url));
