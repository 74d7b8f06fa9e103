import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { bareEnvironment } from "../../gateway/cli/child-process.ts";

/** `carepost gateway` as an operator starts it: a process with a configuration file, and no radio in reach. */
export interface GatewayProcess {
  /** When it was spawned, as `performance.now()` of this process counts. */
  readonly spawnedMs: number;
  memory(): ResidentMemory;
  /** The processor time that it has used so far, of all its threads. */
  cpuMs(): number;
  /** Asks it to end, and resolves when it has. */
  stop(): Promise<void>;
}

/** Linux's own count, in MiB: `VmRSS` and its highest value so far, `VmHWM`. */
export interface ResidentMemory {
  readonly nowMiB: number;
  readonly peakMiB: number;
}

export interface GatewayProcessOptions {
  /** Where its configuration and its log go. */
  readonly folder: string;
  readonly storePath: string;
  readonly url: string;
  /** Sections of the configuration beyond those that follow from the above. */
  readonly sections?: Readonly<Record<string, unknown>>;
  /** Of Node, as `NODE_OPTIONS` takes them. */
  readonly nodeOptions?: string;
  /** Of the process, beside those of this one. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Takes what happens in it, a JSON line at a time. */
  readonly onLine?: (line: string) => void;
}

const launcher = join(import.meta.dirname, "../../gateway/cli/carepost.mjs");
const quotaMiB = 65_536;

/** One that ends although nobody asked it to ends the measurement with it: nothing else would come of waiting for it. */
export function startGatewayProcess(options: GatewayProcessOptions): GatewayProcess {
  const { folder, storePath, url, sections = {}, onLine = null, nodeOptions = "", environment = {} } = options;
  const config = join(folder, "carepost.yaml");
  writeFileSync(
    config,
    JSON.stringify({
      gateway: { id: "gw-bench", timeZone: "UTC" },
      radio: { socket: join(folder, "no-air.sock") },
      store: { path: storePath, quotaMiB },
      uplink: { url },
      log: { level: "warn" },
      ...sections,
    }),
  );
  const spawnedMs = performance.now();
  const args = [launcher, "gateway", "--config", config, ...(onLine === null ? [] : ["--json"])];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", onLine === null ? "ignore" : "pipe", "pipe"],
    env: {
      ...bareEnvironment(),
      ...environment,
      NODE_OPTIONS: `${process.env["NODE_OPTIONS"] ?? ""} ${nodeOptions}`.trim(),
    },
  });
  if (child.stdout !== null && onLine !== null) createInterface({ input: child.stdout }).on("line", onLine);
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-saidCharactersMax);
  });
  let isAsked = false;
  const ended = Promise.withResolvers<void>();
  child.once("exit", (code, signal) => {
    if (!isAsked) throw new Error(`the gateway ended with ${signal ?? `code ${code}`}: ${said}`);
    ended.resolve();
  });
  return {
    spawnedMs,
    memory: () => residentMemory(child.pid ?? 0),
    cpuMs: () => processorMs(child.pid ?? 0),
    stop: async () => {
      isAsked = true;
      child.kill("SIGTERM");
      await ended.promise;
    },
  };
}

const saidCharactersMax = 4_000;

function residentMemory(pid: number): ResidentMemory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mebibytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
  return { nowMiB: mebibytes("VmRSS"), peakMiB: mebibytes("VmHWM") };
}

/** proc(5): `utime` and `stime` are the 14th and 15th fields; the second may hold spaces, in parentheses. */
function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * clockTickMs;
}

/** USER_HZ, which is 100 on every machine that Node runs on. */
const clockTickMs = 10;
