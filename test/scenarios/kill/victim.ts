import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface VictimOptions {
  readonly name: string;
  /** The program's path, and its arguments. */
  readonly command: readonly string[];
  /** Its standard error is appended to a file here. */
  readonly folder: string;
  /** Called with each line of its standard output; returns whether this line says that it is ready. */
  readonly hear: (line: string) => boolean;
}

const graceMs = 15_000;
const restartMs = 100;

/**
 * A process of the product that is killed and started again, as the operating system and a service manager would. One
 * that ends although nobody asked it to is started again as well, and its death is kept: it must have none.
 */
export class Victim {
  readonly name: string;
  /** How it ended, each time that nobody asked it to. */
  readonly ownDeaths: string[] = [];
  kills = 0;
  readonly #options: VictimOptions;
  #child: ChildProcess | null = null;
  #gone: Promise<void> = Promise.resolve();
  #ready = Promise.withResolvers<void>();
  #isWanted = false;

  constructor(options: VictimOptions) {
    this.name = options.name;
    this.#options = options;
  }

  start(): void {
    const { name, command, folder, hear } = this.#options;
    const log = openSync(join(folder, `${name}.log`), "a", 0o600);
    const child = spawn(process.execPath, command, { env: bareEnvironment(), stdio: ["ignore", "pipe", log] });
    closeSync(log);
    const ready = Promise.withResolvers<void>();
    hearLines(child, (line) => {
      if (hear(line)) ready.resolve();
    });
    this.#isWanted = true;
    this.#child = child;
    // Who waits for a life that ended too early waits for the next.
    void ready.promise.then(this.#ready.resolve);
    this.#ready = ready;
    this.#gone = new Promise((resolve) => {
      child.once("error", (error) => this.#ended(error.message, resolve));
      child.once("exit", (code, signal) => this.#ended(signal ?? `exit code ${code}`, resolve));
    });
  }

  /** Rejects if the process is not ready within the time, or is not running. */
  async ready(timeoutMs: number): Promise<void> {
    const late = new AbortController();
    const tooLate = sleep(timeoutMs, "late" as const, { signal: late.signal }).catch(() => "stopped" as const);
    const outcome = await Promise.race([this.#ready.promise.then(() => "ready" as const), tooLate]);
    late.abort();
    if (outcome !== "ready") throw new Error(`${this.name} was not ready within ${timeoutMs} ms`);
  }

  /** SIGKILL, and no word of farewell. */
  async kill(): Promise<void> {
    this.#isWanted = false;
    this.kills += 1;
    this.#child?.kill("SIGKILL");
    await this.#gone;
  }

  /** Asks it to end. One that does not within `graceMs` is killed, which counts as a death of its own. */
  async stop(): Promise<void> {
    this.#isWanted = false;
    this.#child?.kill("SIGTERM");
    const over = new AbortController();
    const tooLate = sleep(graceMs, true, { signal: over.signal }).catch(() => false);
    const isLate = await Promise.race([this.#gone.then(() => false), tooLate]);
    over.abort();
    if (isLate) this.ownDeaths.push(`did not end within ${graceMs} ms of SIGTERM`);
    this.#child?.kill("SIGKILL");
    await this.#gone;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  #ended(how: string, resolve: () => void): void {
    resolve();
    if (!this.#isWanted) return;
    this.ownDeaths.push(how);
    void this.#startAgain();
  }

  async #startAgain(): Promise<void> {
    await sleep(restartMs);
    if (this.#isWanted) this.start();
  }
}

/** Whole lines only: what is killed in the middle of a line has not said it. */
function hearLines({ stdout }: ChildProcess, hear: (line: string) => void): void {
  let rest = "";
  stdout?.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) hear(line);
  });
}

/** Nothing of what the caller's environment says to Carepost. */
const bareEnvironment = (): Readonly<Record<string, string | undefined>> => {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, TMPDIR };
};
