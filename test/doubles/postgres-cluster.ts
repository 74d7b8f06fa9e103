import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { freePort } from "./free-port.ts";

/** Where Debian puts its PostgreSQL, the newest first. */
export const postgresPaths = [18, 17, 16, 15, 14, 13].map((version) => `/usr/lib/postgresql/${version}/bin/postgres`);

/** A real server in a temporary folder, on loopback and on a Unix socket, that trusts everybody on this machine. */
export interface PostgresCluster {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** The folder of its Unix socket, and of all it has. */
  readonly folder: string;
  /** Runs SQL as the superuser and returns what psql prints, without a head. */
  sql(text: string, database?: string): string;
  /** A new, empty database; returns its name. */
  createDatabase(): string;
  /** Who may log in how: the lines of pg_hba.conf from now on. */
  writeAccessRules(lines: readonly string[]): void;
  /** Gives files in its folder to the user that it runs as, with mode 0600. */
  own(paths: readonly string[]): void;
  /** SIGKILL to the server's first process: the others notice and end. Resolves when they have. */
  kill(): Promise<void>;
  /** SIGSTOP to all of its processes, and SIGCONT. */
  freeze(): void;
  thaw(): void;
  start(): Promise<void>;
  /** What the processes that are alive now have had of processors, in seconds. */
  cpuSeconds(): number;
  /** Ends it at once and removes its folder. Idempotent. */
  remove(): Promise<void>;
}

export interface ClusterOptions {
  /** Lines of postgresql.conf beside those of the double. */
  readonly settings?: readonly string[];
  /** Makes it a standby of another cluster, under this name. */
  readonly standbyOf?: { readonly primary: PostgresCluster; readonly name: string };
  /** Its port, where it takes the place of another; one that is free if it is left out. */
  readonly port?: number;
  /** Where it lies; the system's folder for temporary files if it is left out. */
  readonly parent?: string;
}

/** Makes a cluster and starts it. Says what to install where there is no PostgreSQL. */
export async function startPostgres(options: ClusterOptions = {}): Promise<PostgresCluster> {
  const postgres = postgresPaths.find((path) => existsSync(path));
  if (postgres === undefined) throw new RangeError("PostgreSQL is missing; as root: apt-get install postgresql");
  const folder = mkdtempSync(join(options.parent ?? tmpdir(), "carepost-pg-"));
  const cluster = new OwnCluster(dirname(postgres), folder, options.port ?? (await freePort()));
  try {
    cluster.make(options);
    await cluster.start();
    return cluster;
  } catch (error) {
    await cluster.remove();
    throw error;
  }
}

class OwnCluster implements PostgresCluster {
  readonly host = "127.0.0.1";
  readonly port: number;
  readonly folder: string;
  readonly #programs: string;
  readonly #owner = ownerOf();
  readonly #data: string;
  #process: ChildProcess | null = null;
  #databases = 0;

  constructor(programs: string, folder: string, port: number) {
    this.#programs = programs;
    this.folder = folder;
    this.port = port;
    this.#data = join(folder, "data");
    this.own([folder]);
    chmodSync(folder, 0o700);
  }

  make({ settings = [], standbyOf }: ClusterOptions): void {
    if (standbyOf === undefined) {
      this.#run("initdb", ["-D", this.#data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"]);
    } else {
      const { primary, name } = standbyOf;
      const from = `host=${primary.folder} port=${primary.port} user=postgres application_name=${name}`;
      this.#run("pg_basebackup", ["-D", this.#data, "-d", from, "-R", "-X", "stream", "-c", "fast", "--no-sync"]);
    }
    const own = [`port = ${this.port}`, `unix_socket_directories = '${this.folder}'`, "listen_addresses = '127.0.0.1'"];
    const lines = [...own, "shared_buffers = 64MB", "max_connections = 60", "logging_collector = off", ...settings];
    appendFileSync(join(this.#data, "postgresql.conf"), `${lines.join("\n")}\n`);
  }

  sql(text: string, database = "postgres"): string {
    const place = ["-h", this.folder, "-p", String(this.port), "-U", "postgres", "-d", database];
    return this.#run("psql", ["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", ...place, "-c", text]).trim();
  }

  createDatabase(): string {
    this.#databases += 1;
    const name = `test_${this.#databases}`;
    this.sql(`CREATE DATABASE ${name}`);
    return name;
  }

  writeAccessRules(lines: readonly string[]): void {
    writeFileSync(join(this.#data, "pg_hba.conf"), `${lines.join("\n")}\n`);
    this.sql("SELECT pg_reload_conf()");
  }

  own(paths: readonly string[]): void {
    const { uid, gid } = this.#owner;
    for (const path of paths) {
      chmodSync(path, 0o600);
      if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
    }
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === null) return;
    const others = this.#processes().slice(1);
    this.#process = null;
    const exited = child.exitCode === null && child.signalCode === null ? once(child, "exit") : null;
    child.kill("SIGKILL");
    await exited;
    // One that has not noticed yet would still commit what it is sent.
    for (let tick = 0; tick < 500 && others.some(runs); tick += 1) await setTimeout(20);
  }

  freeze(): void {
    for (const pid of this.#processes()) signalled(pid, "SIGSTOP");
  }

  thaw(): void {
    for (const pid of this.#processes()) signalled(pid, "SIGCONT");
  }

  async start(): Promise<void> {
    // The processes of a server that was killed let go of its shared memory one by one: until then it does not start.
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const child = this.#spawn();
      while (child.exitCode === null && child.signalCode === null) {
        if (this.#answers()) {
          this.#process = child;
          return;
        }
        await setTimeout(30);
      }
      await setTimeout(50);
    }
    throw new RangeError(`PostgreSQL did not start: ${readFileSync(join(this.folder, "log"), "utf8").slice(-2000)}`);
  }

  /** The processor time of all its processes, also of those that have ended. */
  cpuSeconds(): number {
    return this.#processes().reduce((sum, pid) => sum + ticksOf(pid), 0) / ticksPerSecond;
  }

  async remove(): Promise<void> {
    if (this.#process !== null) this.thaw();
    await this.#quit();
    // Processes of one that was killed before may still be writing as they end.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  /** Its immediate shutdown: it ends its other processes first. */
  async #quit(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGQUIT");
    await exited;
  }

  #spawn(): ChildProcess {
    // Into the file itself: through a pipe it would wait for this process, which may be waiting for psql, which waits
    // for the server.
    const log = openSync(join(this.folder, "log"), "a");
    try {
      return spawn(join(this.#programs, "postgres"), ["-D", this.#data], {
        ...this.#owner,
        cwd: this.folder,
        stdio: ["ignore", "ignore", log],
      });
    } finally {
      closeSync(log);
    }
  }

  #answers(): boolean {
    try {
      return this.sql("SELECT 1") === "1";
    } catch {
      return false;
    }
  }

  /** The first process, which `postmaster.pid` names, and its children. */
  #processes(): readonly number[] {
    const first = this.#process?.pid;
    if (first === undefined) return [];
    const children = readIfThere(`/proc/${first}/task/${first}/children`);
    return [first, ...children.split(" ").filter(Boolean).map(Number)];
  }

  #run(program: string, parameters: readonly string[]): string {
    return execFileSync(join(this.#programs, program), parameters, {
      ...this.#owner,
      cwd: this.folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      // Nothing else of this process runs meanwhile, the time-out of a test included.
      timeout: programMsMax,
      killSignal: "SIGKILL",
    });
  }
}

const programMsMax = 100_000;

/** Sends it to a process, which may have ended since it was listed: says whether it was still there. */
function signalled(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** One that has ended is still listed until the process above it asks how, which may take seconds: its state is then Z. */
const runs = (pid: number): boolean => /^[^Z]/.test(readIfThere(`/proc/${pid}/stat`).split(") ")[1] ?? "");

/** proc_pid_stat(5): `utime` and `stime`, then the same of the children that have ended and been waited for. */
function ticksOf(pid: number): number {
  const fields = readIfThere(`/proc/${pid}/stat`).split(") ")[1]?.split(" ") ?? [];
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** What Linux counts processor time in, on every architecture that Debian has. */
const ticksPerSecond = 100;

/** PostgreSQL refuses to run as root: its own user, or else nobody, has the cluster then. */
function ownerOf(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const users = new Map(
    readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .map((line) => [line.split(":")[0] ?? "", line.split(":")] as const),
  );
  const [, , uid, gid] = users.get("postgres") ?? users.get("nobody") ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}
