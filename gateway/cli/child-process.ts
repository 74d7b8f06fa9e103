import { spawn } from "node:child_process";
import { join } from "node:path";

/** The project's folder, where the programs of other folders are found by path. */
export const projectFolder = join(import.meta.dirname, "..", "..");

/**
 * The environment of a program whose configuration we make ourselves: without the variables that configure Carepost. What
 * somebody has set for their own gateway is not for that program, and one that it does not know would stop it.
 */
export const bareEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("CAREPOST_")));

/**
 * Runs one of the project's programs in a process of its own, on this terminal, and resolves with its exit code. A signal
 * to us is a signal to it, so that it ends as it would by itself.
 */
export function runProgram(path: string, args: readonly string[]): Promise<number> {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const pass = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  // Listened to before there is anything to end: a signal that came in between would leave the program behind.
  for (const signal of signals) process.on(signal, pass);
  const child = spawn(process.execPath, [join(projectFolder, path), ...args], { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      for (const signal of signals) process.removeListener(signal, pass);
      resolve(code ?? 1);
    });
  });
}
