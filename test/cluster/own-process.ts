import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

export interface ProcessOptions {
  readonly name: string;
  readonly program: string;
  readonly parameters: readonly string[];
  /** Its standard error is appended to this file, and its standard output too where nobody listens. */
  readonly logPath: string;
  /** Called with each line of its standard output. */
  readonly hear?: (line: string) => void;
  readonly environment?: Readonly<Record<string, string>>;
}

const graceMs = 30_000;

/** A program that is started, killed and started again. */
export class OwnProcess {
  readonly name: string;
  readonly #options: ProcessOptions;
  #child: ChildProcess | null = null;
  #gone: Promise<number | null> = Promise.resolve(0);

  constructor(options: ProcessOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get isAlive(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  start(): void {
    const { program, parameters, logPath, hear, environment = {} } = this.#options;
    const { PATH, HOME, TMPDIR } = process.env;
    const child = spawn(program, parameters, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH, HOME, TMPDIR, ...environment },
    });
    const keep = (text: Buffer | string): void => appendFileSync(logPath, text);
    child.stderr.on("data", keep);
    if (hear === undefined) child.stdout.on("data", keep);
    else createInterface({ input: child.stdout }).on("line", hear);
    const { promise, resolve } = Promise.withResolvers<number | null>();
    child.once("error", (error) => {
      keep(`${error.message}\n`);
      resolve(null);
    });
    child.once("close", (code) => resolve(code));
    this.#child = child;
    this.#gone = promise;
  }

  /** SIGKILL. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#gone;
  }

  /** SIGTERM, and SIGKILL if it takes too long. Resolves with its exit code; null if it had to be killed. */
  async stop(): Promise<number | null> {
    this.#child?.kill("SIGTERM");
    const over = new AbortController();
    const late = sleep(graceMs, "late" as const, { signal: over.signal }).catch(() => null);
    const outcome = await Promise.race([this.#gone, late]);
    over.abort();
    if (outcome !== "late") return outcome;
    await this.kill();
    return null;
  }

  /** Resolves with its exit code when it ends by itself. */
  ended(): Promise<number | null> {
    return this.#gone;
  }
}
