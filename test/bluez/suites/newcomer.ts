import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { PersonAtTerminal } from "./person-at-terminal.ts";
import { type PageCommand, pageCommands } from "./set-up-page.ts";

/** What was typed and what was shown, for a person to read who wants to see it as a newcomer does. */
const transcriptPath = "/out/set-up-page.txt";

/** These change the machine by its package manager or its service manager, which a guest has no use of. */
const notInGuest = [/^sudo apt-get /, /^npm install$/, /^sudo systemctl /];

/** Somebody who has the page in hand and types its commands, each exactly as it is there. */
export class Newcomer {
  readonly home = join(homedir(), "carepost-home");
  readonly #page: readonly PageCommand[] = pageCommands();
  readonly #typed = new Set<string>();
  readonly #terminals: PersonAtTerminal[] = [];

  /** What a Debian machine has and the guest has not: a time service that has set the clock, and `sudo`. */
  prepare(): void {
    mkdirSync("/run/systemd/timesync", { recursive: true });
    writeFileSync("/run/systemd/timesync/synchronized", "");
    if (!existsSync("/usr/bin/sudo")) writeFileSync("/usr/local/bin/sudo", '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
  }

  /** The page's command that begins so. `fill` says what is put where the page has a word to be replaced. */
  fromPage(beginning: string, fill: Readonly<Record<string, string>> = {}): string {
    const exact = this.#page.find(({ text }) => text === beginning);
    const command = exact ?? this.#page.find(({ text }) => text.startsWith(beginning));
    if (command === undefined) throw new RangeError(`the page does not say \`${beginning}\``);
    this.#typed.add(command.text);
    return Object.entries(fill).reduce((text, [word, value]) => text.replaceAll(word, value), command.text);
  }

  /** Commands of the page that could be typed here and were not. */
  left(): readonly string[] {
    return this.#page
      .filter(({ text, line }) => !this.#typed.has(text) && notInGuest.every((pattern) => !pattern.test(line)))
      .map(({ line }) => line);
  }

  /** At a terminal of its own, which stays until the line ends or everything is left. */
  opens(line: string, folder = this.home): PersonAtTerminal {
    const environment = { PATH: process.env["PATH"] ?? "", HOME: homedir() };
    const person = new PersonAtTerminal(line, { folder, environment, keep: keepTranscript });
    this.#terminals.push(person);
    return person;
  }

  /** Types it, waits for its end, and returns all that it has shown. It must succeed, unless another code is expected. */
  async types(line: string, folder = this.home, code = 0): Promise<string> {
    const person = this.opens(line, folder);
    const ended = await person.ends();
    if (ended !== code) throw new Error(`\`${line}\` ended with ${ended}:\n${person.shown}`);
    return person.shown;
  }

  /** Asks again and again until it shows what is waited for. */
  async waitsFor(line: string, shown: RegExp, limitMs = 60_000): Promise<string> {
    const endMs = performance.now() + limitMs;
    for (;;) {
      const text = await this.types(line);
      if (shown.test(text)) return text;
      if (performance.now() > endMs) throw new Error(`\`${line}\` never showed ${String(shown)}:\n${text}`);
    }
  }

  async leaves(): Promise<void> {
    await Promise.all(this.#terminals.map((person) => person.leaves()));
  }
}

function keepTranscript(line: string, shown: string): void {
  appendFileSync(transcriptPath, `\n$ ${line}\n${shown.replaceAll("\r\n", "\n").trimEnd()}\n`);
}
