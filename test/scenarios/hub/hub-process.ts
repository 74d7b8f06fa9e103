import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { yamlText } from "../../../gateway/config/yaml-file.ts";
import { openStore } from "../../../gateway/store/sqlite-store.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { type NotifyReceiver, startNotifyReceiver } from "../../doubles/notify-receiver.ts";
import type { HomeStage } from "./home-stage.ts";

const launcher = join(import.meta.dirname, "../../../gateway/cli/carepost.mjs");

const hubEvent = z.looseObject({ type: z.string(), alarm: z.string().nullable().optional() });

export interface HubOptions {
  readonly stage: HomeStage;
  readonly watchdogMs: number;
  /** A folder with a store in which this home's devices are assigned: see `prepareHubStore`. */
  readonly storeFolder: string;
  /** What the process is started under: a namespace of its own. */
  readonly under?: readonly string[];
}

/**
 * `carepost gateway --profile hub` as a process, kept running as systemd would: what gives no sign of life within the
 * watchdog's time gets SIGABRT, and what has ended is started again.
 */
export class HubProcess {
  readonly #options: HubOptions;
  readonly #receiver: NotifyReceiver;
  readonly #configPath: string;
  readonly events: z.infer<typeof hubEvent>[] = [];
  #child: ChildProcess | null = null;
  #ended: Promise<unknown> = Promise.resolve();
  #heard = 0;
  #lastSignMs = Number.POSITIVE_INFINITY;
  #watch: NodeJS.Timeout | null = null;
  #restarts = 0;
  #aborted: ChildProcess | null = null;

  private constructor(options: HubOptions, receiver: NotifyReceiver, configPath: string) {
    this.#options = options;
    this.#receiver = receiver;
    this.#configPath = configPath;
  }

  static async start(options: HubOptions): Promise<HubProcess> {
    const configPath = join(options.stage.folder, "hub.yaml");
    writeFileSync(configPath, yamlText(configuration(options)));
    const hub = new HubProcess(options, await startNotifyReceiver(), configPath);
    hub.#spawn();
    hub.#watch = setInterval(() => hub.#supervise(), 100);
    return hub;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** It was found dead, and is being ended. */
  get isAborted(): boolean {
    return this.#aborted !== null && this.#aborted === this.#child;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** All that was told, in order: `READY=1`, `STATUS=…`. */
  get told(): readonly string[] {
    return this.#receiver.messages.flat();
  }

  /** The number of a thread of the process, by its name. */
  thread(name: string): number {
    const tasks = `/proc/${this.pid}/task`;
    const found = readdirSync(tasks).find((id) => readFileSync(join(tasks, id, "comm"), "utf8").trim() === name);
    if (found === undefined) throw new Error(`there is no thread ${name}`);
    return Number(found);
  }

  async stop(): Promise<void> {
    if (this.#watch !== null) clearInterval(this.#watch);
    this.#child?.kill("SIGTERM");
    await this.#ended;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.#receiver.close();
  }

  #spawn(): void {
    const { stage, watchdogMs, under = [] } = this.#options;
    const command = [...under, process.execPath, launcher, "gateway", "--json", "--config", this.#configPath];
    const log = openSync(join(stage.folder, "hub.log"), "a");
    const child = spawn(command[0] ?? process.execPath, command.slice(1), {
      env: {
        PATH: process.env["PATH"],
        NOTIFY_SOCKET: this.#receiver.socketPath,
        WATCHDOG_USEC: String(watchdogMs * 1000),
      },
      stdio: ["ignore", "pipe", log],
    });
    closeSync(log);
    if (child.stdout === null) throw new Error("the hub has no output");
    createInterface(child.stdout).on("line", (line) => {
      this.events.push(hubEvent.parse(JSON.parse(line)));
    });
    this.#lastSignMs = Number.POSITIVE_INFINITY;
    this.#child = child;
    this.#ended = once(child, "exit");
  }

  #supervise(): void {
    const fresh = this.#receiver.messages.slice(this.#heard).flat();
    this.#heard = this.#receiver.messages.length;
    if (fresh.includes("WATCHDOG=1")) this.#lastSignMs = performance.now();
    const child = this.#child;
    if (child === null) return;
    if (child.exitCode !== null || child.signalCode !== null) {
      this.#restarts += 1;
      this.#spawn();
    } else if (performance.now() - this.#lastSignMs > this.#options.watchdogMs) {
      this.#aborted = child;
      child.kill("SIGABRT");
    }
  }
}

const configuration = ({ stage, storeFolder }: HubOptions): object => ({
  profile: "hub",
  gateway: { id: "gw-home", timeZone: "UTC" },
  radio: { kind: "virtual", socket: stage.airPath },
  store: { path: join(storeFolder, "gateway.db") },
  collect: { revisitS: 1, revisitMaxS: 2 },
  uplink: { url: stage.brokerUrl, startDelayMaxS: 0, reconnectMaxS: 2 },
  clock: { assumeSynchronised: true },
  kiosk: { port: null },
});

/** A store as a roster leaves it: this home's devices are its person's. */
export async function prepareHubStore({ deviceIds }: HomeStage, storeFolder: string): Promise<void> {
  mkdirSync(storeFolder, { recursive: true });
  const path = join(storeFolder, "gateway.db");
  const store = await openStore({ path, key: null, clock: systemClock, thread: "inline" });
  await store.savePerson({ reference: "sim-0001", createdAt: 0 });
  for (const deviceId of deviceIds) {
    await store.saveAssignment({
      id: deviceId,
      deviceId,
      userSlot: null,
      person: "sim-0001",
      consent: "c-0001",
      fromAt: 0,
      untilAt: null,
      source: "roster",
    });
  }
  await store.close();
}
