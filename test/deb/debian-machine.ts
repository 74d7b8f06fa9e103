import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface CommandOutcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * A Debian of its own in a folder, with systemd as its first process: it boots, is shut down, and loses its power. It
 * shares this machine's loopback network, where the cloud's end listens.
 */
export class DebianMachine {
  readonly root: string;
  readonly #shared: string;
  #container: ChildProcess | null = null;
  #gone: Promise<unknown> = Promise.resolve();

  /** @param shared a folder of this machine that the other sees as /run/carepost-air */
  constructor(root: string, shared: string) {
    this.root = root;
    this.#shared = shared;
  }

  get isUp(): boolean {
    return this.#container !== null;
  }

  /** Resolves when systemd has started all that starts at a boot. */
  async boot(): Promise<void> {
    const log = openSync(join(dirname(this.root), "console.log"), "a");
    const container = spawn(
      "systemd-nspawn",
      [
        "--quiet",
        "--register=no",
        "--keep-unit",
        `--directory=${this.root}`,
        `--bind=${this.#shared}:/run/carepost-air`,
      ].concat("--boot"),
      { stdio: ["ignore", log, log] },
    );
    closeSync(log);
    this.#gone = once(container, "exit");
    this.#container = container;
    await this.until("systemctl is-system-running | grep -qE 'running|degraded'", 90_000);
  }

  /** Everything ends at once, as it does when the plug is pulled; what was not written through may be lost with it. */
  async cutPower(): Promise<void> {
    const leader = this.#leader();
    if (leader !== null) process.kill(leader, "SIGKILL");
    await this.#gone;
    this.#container = null;
  }

  async shutDown(): Promise<void> {
    if (this.#container === null) return;
    this.#container.kill("SIGTERM");
    await this.#gone;
    this.#container = null;
  }

  /** Runs a line of shell as root: in the booted machine, or else in its files alone. */
  async run(line: string): Promise<CommandOutcome> {
    const leader = this.#leader();
    const inside = ["/bin/sh", "-c", line];
    const [program, parameters] =
      leader === null
        ? (["chroot", [this.root, ...inside]] as const)
        : (["nsenter", ["--target", String(leader), "--all", "--", ...inside]] as const);
    const env = {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: "/root",
      LANG: "C.UTF-8",
      DEBIAN_FRONTEND: "noninteractive",
    };
    return await new Promise((resolve) => {
      execFile(program, parameters, { env, maxBuffer: 2 ** 24 }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err });
      });
    });
  }

  /** The output of a line that must succeed. */
  async ask(line: string): Promise<string> {
    const { code, out, err } = await this.run(line);
    if (code !== 0) throw new Error(`${line}: exit code ${code}\n${out}${err}`);
    return out.trim();
  }

  /** Waits until a line of shell succeeds. */
  async until(line: string, timeoutMs: number): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    for (;;) {
      const { code } = await this.run(line).catch(() => ({ code: 1 }));
      if (code === 0) return;
      if (performance.now() > endMs) throw new Error(`${line}: not within ${timeoutMs} ms\n${await this.#lastWords()}`);
      await sleep(250);
    }
  }

  async #lastWords(): Promise<string> {
    const { out } = await this.run("journalctl --no-pager -u carepost-gateway | tail -30");
    return out;
  }

  /** The first process of the machine, by its number here. */
  #leader(): number | null {
    const pid = this.#container?.pid;
    if (pid === undefined) return null;
    try {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
      return children === "" ? null : Number(children.split(" ")[0]);
    } catch {
      return null;
    }
  }
}
