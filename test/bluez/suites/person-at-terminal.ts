import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";

export interface TerminalPlace {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Told all that appears on the terminal, with the line that made it appear. */
  readonly keep: (line: string, shown: string) => void;
}

const columns = 110;
const lookEveryMs = 50;

/** One line of a shell at a terminal of its own, and somebody who reads what it shows and types. */
export class PersonAtTerminal {
  readonly line: string;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #shown = "";
  #readChars = 0;

  /** `script` is the terminal: programs see one, and it hands on what they write to it. */
  constructor(line: string, place: TerminalPlace) {
    this.line = line;
    const command = `stty cols ${columns} rows 50; ${line}`;
    this.#child = spawn("script", ["-qfec", command, "/dev/null"], {
      cwd: place.folder,
      env: { ...place.environment, TERM: "xterm", SHELL: "/bin/bash" },
      stdio: "pipe",
    });
    const hear = (text: string): void => void (this.#shown += text);
    this.#child.stdout?.setEncoding("utf8").on("data", hear);
    this.#child.stderr?.setEncoding("utf8").on("data", hear);
    this.#child.stdin?.on("error", () => undefined);
    this.#closed = once(this.#child, "close").then(() => place.keep(line, this.shown));
  }

  /** All that has appeared, without colours and without what was wiped out of a line again. */
  get shown(): string {
    const lines = stripVTControlCharacters(this.#shown).replaceAll(/\r+\n/g, "\n").split("\n");
    return lines.map((line) => line.slice(line.lastIndexOf("\r") + 1)).join("\n");
  }

  /** Waits until it appears, after what was waited for before. Rejects with what is there instead. */
  async sees(text: RegExp, limitMs = 45_000): Promise<RegExpExecArray> {
    const endMs = performance.now() + limitMs;
    for (;;) {
      const found = text.exec(this.shown.slice(this.#readChars));
      if (found !== null) {
        this.#readChars += found.index + found[0].length;
        return found;
      }
      const isOver = this.#child.exitCode !== null;
      if (isOver || performance.now() > endMs) {
        throw new Error(`\`${this.line}\` ${isOver ? "ended" : "went on"} without ${String(text)}:\n${this.shown}`);
      }
      await setTimeout(lookEveryMs);
    }
  }

  types(text: string): void {
    this.#child.stdin?.write(`${text}\n`);
  }

  pressesCtrlC(): void {
    this.#child.stdin?.write("\u0003");
  }

  /** Resolves with its exit code when it has ended. */
  async ends(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  /** Ends it, whatever it does. */
  async leaves(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null)
      return await this.#closed.then(() => undefined);
    this.pressesCtrlC();
    const limit = AbortSignal.timeout(15_000);
    await Promise.race([this.#closed, once(limit, "abort")]);
    this.#child.kill("SIGKILL");
    await this.#closed;
  }
}
