import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { bareEnvironment } from "../../gateway/cli/child-process.ts";
import type { PostgresCluster } from "./postgres-cluster.ts";

/** `carepost ingest` as an operator starts it: a process with a configuration file. */
export interface IngestorProcess {
  readonly name: string;
  /** Where its broker listens; null if it has none. */
  readonly url: string | null;
  /** How many readings it was the first to store. */
  committed(): number;
  /** The events of its log so far, and the codes or reasons that they came with. */
  logged(): readonly string[];
  freeze(): void;
  thaw(): void;
  /** SIGKILL, which a frozen process is subject to as well. Resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM. Resolves with its exit code. */
  stop(): Promise<number | null>;
}

export interface IngestorProcessOptions {
  readonly name: string;
  readonly folder: string;
  /** Its configuration, without the log. */
  readonly sections: IngestSections;
  /** Tells of nothing but its log, which costs it less. */
  readonly quiet?: boolean;
}

export interface IngestSections {
  readonly ingest: Readonly<Record<string, unknown>>;
  readonly postgres?: Readonly<Record<string, unknown>>;
}

/** Readings end in this database. */
export const inPostgres = (
  { port }: PostgresCluster,
  database: string,
  ingest: IngestSections["ingest"],
): IngestSections => ({
  ingest: { sink: "postgres", ...ingest },
  postgres: { hosts: `127.0.0.1:${port}`, database, user: "postgres", tls: "off" },
});

const launcher = join(import.meta.dirname, "../../gateway/cli/carepost.mjs");

/** Resolves when it takes messages. */
export async function startIngestorProcess(options: IngestorProcessOptions): Promise<IngestorProcess> {
  const config = join(options.folder, `${options.name}.yaml`);
  writeFileSync(config, JSON.stringify({ ...options.sections, log: { level: "info" } }));
  const told = options.quiet === true ? [] : ["--json"];
  const child = spawn(process.execPath, [launcher, "ingest", "--config", config, ...told], {
    stdio: ["ignore", "pipe", "pipe"],
    env: bareEnvironment(),
  });
  const events = new Events(child);
  const url = await events.listening;
  return {
    name: options.name,
    url,
    committed: () => events.committed,
    logged: () => events.log,
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    kill: () => end(child, "SIGKILL").then(() => undefined),
    stop: () => end(child, "SIGTERM"),
  };
}

/** What the process tells of itself: JSON lines on both of its outputs. */
class Events {
  readonly log: string[] = [];
  readonly listening: Promise<string | null>;
  committed = 0;

  constructor(child: ChildProcess) {
    const { promise, resolve, reject } = Promise.withResolvers<string | null>();
    this.listening = promise;
    child.once("exit", (code) => reject(new Error(`the ingestor ended with ${code}: ${this.log.join("; ")}`)));
    this.#each(child.stdout, (line) => {
      if (line["event"] === "listening") resolve(typeof line["url"] === "string" ? line["url"] : null);
      if (line["event"] === "committed" && Array.isArray(line["readings"])) this.committed += line["readings"].length;
    });
    this.#each(child.stderr, (line) => {
      const words = ["event", "code", "reason", "group"].map((name) => line[name]);
      if (line["event"] === "ingest-broker-connected") resolve(null);
      this.log.push(words.filter((word) => typeof word === "string").join(" "));
    });
  }

  #each(stream: ChildProcess["stdout"], take: (line: Readonly<Record<string, unknown>>) => void): void {
    if (stream === null) return;
    createInterface({ input: stream }).on("line", (text) => {
      const line: unknown = text.startsWith("{") ? JSON.parse(text) : { event: text };
      if (typeof line === "object" && line !== null) take({ ...line });
    });
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
  return child.exitCode;
}
