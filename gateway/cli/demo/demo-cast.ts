import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { openSinkReader } from "../../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import type { SinkReader } from "../../../cloud-sync/ingest/sink.ts";
import { yamlText } from "../../config/yaml-file.ts";
import { openStore } from "../../store/sqlite-store.ts";
import type { Store } from "../../store/store.ts";
import { systemClock } from "../../system-clock.ts";
import { readDeviceLine, readGatewayLine } from "./demo-events.ts";
import { startDemoProcess } from "./demo-process.ts";
import type { DemoProcess } from "./demo-process.ts";
import { saveRoster } from "./demo-roster.ts";
import type { DemoRoster } from "./demo-roster.ts";
import type { DemoView } from "./demo-view.ts";

export interface CastOptions {
  readonly folder: string;
  readonly scenario: string;
  readonly seed: string;
  readonly roster: Promise<DemoRoster>;
  readonly view: DemoView;
}

const carepost = "gateway/cli/main.ts";

/** The demo's processes: the devices, the gateway, and the broker with its ingestor; and a look into both databases. */
export class DemoCast {
  readonly #options: CastOptions;
  readonly #failures = Promise.withResolvers<never>();
  readonly #connected = new Set<string>();
  #devices: DemoProcess | null = null;
  #gateway: DemoProcess | null = null;
  #ingest: DemoProcess | null = null;
  #port = 0;
  #store: Store | null = null;
  #sink: SinkReader | null = null;

  constructor(options: CastOptions) {
    this.#options = options;
    this.#failures.promise.catch(() => undefined);
  }

  /** Rejects when a process ends that was not asked to. */
  get failed(): Promise<never> {
    return this.#failures.promise;
  }

  get journalPath(): string {
    return this.#path("journal.jsonl");
  }

  get store(): Store {
    return present(this.#store);
  }

  get sink(): SinkReader {
    return present(this.#sink);
  }

  async start(): Promise<void> {
    const { scenario, seed, view } = this.#options;
    const air = this.#path("air.sock");
    const { promise: inTheAir, resolve: heard } = Promise.withResolvers<void>();
    this.#devices = this.#run("devices", {
      command: [
        "simulators/main.ts",
        "--json",
        `--scenario=${scenario}`,
        `--seed=${seed}`,
        `--socket=${air}`,
        `--journal=${this.journalPath}`,
      ],
      onLine: (line) => {
        const device = readDeviceLine(line);
        if (device?.event === "ready") heard();
        else if (device !== null) this.#hearDevice(device);
      },
    });
    await this.#orFailure(Promise.all([inTheAir, this.returnBroker(), this.#options.roster]));
    this.#configure(air);
    await this.#prepareStore();
    this.#gateway = this.#run("gateway", {
      command: [carepost, "gateway", "--config", this.#path("carepost.yaml"), "--json"],
      onLine: (line) => {
        const event = readGatewayLine(line);
        if (event !== null) view.hearGateway(event);
      },
    });
    const place = { key: null, clock: systemClock };
    this.#store = await openStore({ ...place, path: this.#path("gateway.db"), thread: "inline", access: "reader" });
    this.#sink = openSinkReader({ ...place, path: this.#path("sink.db") });
  }

  /** As a power cut would: what was not on disk is gone. */
  async loseBroker(): Promise<void> {
    await this.#ingest?.end("SIGKILL");
    this.#ingest = null;
  }

  /** Starts broker and ingestor, at the port that they had before. */
  async returnBroker(): Promise<void> {
    const { promise: listening, resolve } = Promise.withResolvers<void>();
    const port = String(this.#port);
    this.#ingest = this.#run("ingest", {
      command: [carepost, "ingest", "--json", "--sink", this.#path("sink.db"), "--host", "127.0.0.1", "--port", port],
      onLine: (line) => {
        const { data } = listeningLine.safeParse(JSON.parse(line));
        if (data === undefined) return;
        this.#port = Number(new URL(data.url).port);
        resolve();
      },
    });
    await this.#orFailure(listening);
  }

  /** Lets a transfer that is under way finish, within bounds, because a record whose transfer is cut is shown again. */
  async endDevices(patienceMs: number): Promise<void> {
    const untilMs = systemClock.monotonicMs() + patienceMs;
    while (this.#connected.size > 0 && systemClock.monotonicMs() < untilMs) await systemClock.sleep(5);
    await this.#devices?.end();
  }

  /** Ends what runs: first those who send, then those who receive. */
  async end(): Promise<void> {
    await this.#devices?.end();
    await this.#gateway?.end();
    await this.#ingest?.end();
    await this.#store?.close();
    await this.#sink?.close();
  }

  #hearDevice(line: NonNullable<ReturnType<typeof readDeviceLine>>): void {
    if (line.event === "connected") this.#connected.add(line.name);
    else if (line.event === "disconnected") this.#connected.delete(line.name);
    else this.#options.view.hearDevice(line);
  }

  #run(
    name: string,
    { command, onLine }: Pick<Parameters<typeof startDemoProcess>[0], "command" | "onLine">,
  ): DemoProcess {
    const child = startDemoProcess({ name, command, onLine, folder: this.#options.folder });
    child.failed.catch((error: unknown) => this.#failures.reject(error));
    return child;
  }

  async #orFailure<T>(work: Promise<T>): Promise<T> {
    return await Promise.race([work, this.failed]);
  }

  #configure(air: string): void {
    const config = {
      gateway: { id: "gw-demo", timeZone: "UTC" },
      radio: { socket: air },
      store: { path: this.#path("gateway.db") },
      collect: { devices: "any", revisitS: 1, revisitMaxS: 2 },
      uplink: { url: `mqtt://127.0.0.1:${this.#port}`, reconnectMaxS: 1 },
      clock: { assumeSynchronised: true },
      ingest: { path: this.#path("sink.db"), port: this.#port },
    };
    writeFileSync(this.#path("carepost.yaml"), yamlText(config));
  }

  async #prepareStore(): Promise<void> {
    const store = await openStore({ path: this.#path("gateway.db"), key: null, clock: systemClock, thread: "inline" });
    try {
      await saveRoster(store, await this.#options.roster);
    } finally {
      await store.close();
    }
  }

  #path(name: string): string {
    return join(this.#options.folder, name);
  }
}

const listeningLine = z.looseObject({ event: z.literal("listening"), url: z.string() });

function present<T>(value: T | null): T {
  if (value !== null) return value;
  throw new TypeError("the demo has not been started");
}
