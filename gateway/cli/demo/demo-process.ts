import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { bareEnvironment, projectFolder } from "../child-process.ts";
import { cliErrors } from "../cli-error.ts";
import { parsedLine } from "./demo-events.ts";

/** One of the demo's processes. */
export interface DemoProcess {
  /** Rejects with `demo-process-ended` if it ends without having been asked to. Never resolves otherwise. */
  readonly failed: Promise<never>;
  /** Asks it to end and waits for it; one that does not within `graceMs` is ended. Idempotent. */
  end(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Writes a line to its standard input. One that has ended hears nothing. */
  tell(line: string): void;
}

export interface DemoProcessOptions {
  /** What it is called in errors, and its log in the folder. */
  readonly name: string;
  /** The program's path in the project, and its arguments. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly folder: string;
  /** Called for each line of its standard output. */
  readonly onLine: (line: string) => void;
}

const graceMs = 8000;

export function startDemoProcess({ name, command, folder, onLine }: DemoProcessOptions): DemoProcess {
  const [program, ...args] = command;
  const logPath = join(folder, `${name}.log`);
  const log = openSync(logPath, "a", 0o600);
  const child = spawn(process.execPath, [join(projectFolder, program), ...args], {
    stdio: ["pipe", "pipe", log],
    env: bareEnvironment(),
  });
  closeSync(log);
  // It may end before it has read what it was told.
  child.stdin?.on("error", () => undefined);
  let reason: string | null = null;
  const hear = (line: string): void => {
    reason = reasonOf(line) ?? reason;
    onLine(line);
  };
  if (child.stdout !== null) createInterface({ input: child.stdout }).on("line", hear);
  let isAsked = false;
  const { promise: failed, reject } = Promise.withResolvers<never>();
  // Whoever awaits it sees the failure; nobody has to.
  failed.catch(() => undefined);
  const ended = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    // Only when its outputs are closed has all been heard that it said.
    child.once("close", (code, signal) => {
      resolve();
      if (isAsked) return;
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      const why = reason === null ? "" : `: ${reason}`;
      const context = { log: logPath };
      reject(cliErrors.make("demo-process-ended", `the demo's ${name} ended ${how}${why}`, { context }));
    });
  });
  return {
    failed,
    tell: (line) => void child.stdin?.write(`${line}\n`),
    end: async (signal = "SIGTERM") => {
      isAsked = true;
      child.kill(signal);
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** What a program says last, on standard output, when it fails. */
const failureLine = z.looseObject({ error: z.looseObject({ code: z.string(), message: z.string() }) });

function reasonOf(line: string): string | null {
  const { data } = failureLine.safeParse(parsedLine(line));
  return data === undefined ? null : `${data.error.message} (${data.error.code})`;
}
