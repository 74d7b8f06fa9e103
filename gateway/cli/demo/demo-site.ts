import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { yamlText } from "../../config/yaml-file.ts";
import { openStore } from "../../store/sqlite-store.ts";
import type { Store } from "../../store/store.ts";
import { systemClock } from "../../system-clock.ts";
import { readDeviceLine, readGatewayLine, type GatewayLine } from "./demo-events.ts";
import { type DemoProcess, startDemoProcess } from "./demo-process.ts";
import { deviceIdOf, type DemoRoster, saveRoster } from "./demo-roster.ts";
import type { DemoView } from "./demo-view.ts";

export interface SiteOptions {
  /** What its files are called, and its gateway: "home" is `gw-home`. */
  readonly name: string;
  readonly folder: string;
  readonly scenario: string;
  readonly seed: string;
  readonly roster: Promise<DemoRoster>;
  readonly view: DemoView;
  /** What its gateway is told besides what every gateway of the demo is. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Called before the gateway starts, with its store. */
  readonly prepare?: (store: Store, roster: DemoRoster) => Promise<void>;
  readonly onGatewayLine?: (line: GatewayLine, site: DemoSite) => void;
  readonly onFailure: (error: unknown) => void;
}

/** One place where people measure: its devices and its gateway, each a process; and a look into the gateway's store. */
export class DemoSite {
  readonly #options: SiteOptions;
  readonly #connected = new Set<string>();
  #devices: DemoProcess | null = null;
  #gateway: DemoProcess | null = null;
  #store: Store | null = null;

  constructor(options: SiteOptions) {
    this.#options = options;
  }

  get store(): Store {
    if (this.#store !== null) return this.#store;
    throw new TypeError(`the demo's ${this.#options.name} has not been started`);
  }

  get journalPath(): string {
    return this.#path("journal.jsonl");
  }

  /** The identity that its gateway makes of the device at an address. */
  async deviceIds(): Promise<ReadonlyMap<string, string>> {
    const { devices } = await this.#options.roster;
    return new Map(devices.map((device) => [device.address, deviceIdOf(device)]));
  }

  /** Resolves when the devices are in the air. */
  async startDevices(): Promise<void> {
    const { scenario, seed, name } = this.#options;
    const { promise: inTheAir, resolve: heard } = Promise.withResolvers<void>();
    this.#devices = this.#run(`${name}-devices`, {
      command: [
        "simulators/main.ts",
        "--json",
        "--cues",
        `--scenario=${scenario}`,
        `--seed=${seed}`,
        `--socket=${this.#path("air.sock")}`,
        `--journal=${this.journalPath}`,
      ],
      onLine: (line) => {
        const device = readDeviceLine(line);
        if (device?.event === "ready") heard();
        else if (device !== null) this.#hearDevice(device);
      },
    });
    await inTheAir;
  }

  /** @param brokerPort where its gateway delivers */
  async startGateway(brokerPort: number): Promise<void> {
    const { name, view, onGatewayLine } = this.#options;
    this.#configure(brokerPort);
    await this.#prepareStore();
    this.#gateway = this.#run(`${name}-gateway`, {
      command: ["gateway/cli/main.ts", "gateway", "--config", this.#path("carepost.yaml"), "--json"],
      onLine: (text) => {
        const line = readGatewayLine(text);
        if (line === null) return;
        view.hearGateway(line, name);
        onGatewayLine?.(line, this);
      },
    });
    const place = { key: null, clock: systemClock };
    this.#store = await openStore({ ...place, path: this.#path("gateway.db"), thread: "inline", access: "reader" });
  }

  /** Something happens to a device at once: simulators/scenario/README.md. */
  cue(cue: DemoCue): void {
    this.#devices?.tell(JSON.stringify(cue));
  }

  /** Lets a transfer that is under way finish, within bounds, because a record whose transfer is cut is shown again. */
  async endDevices(patienceMs: number): Promise<void> {
    const untilMs = systemClock.monotonicMs() + patienceMs;
    while (this.#connected.size > 0 && systemClock.monotonicMs() < untilMs) await systemClock.sleep(5);
    await this.#devices?.end();
  }

  async end(): Promise<void> {
    await this.#devices?.end();
    await this.#gateway?.end();
    await this.#store?.close();
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
    child.failed.catch(this.#options.onFailure);
    return child;
  }

  #configure(brokerPort: number): void {
    const config = {
      gateway: { id: `gw-${this.#options.name}`, timeZone: "UTC" },
      radio: { socket: this.#path("air.sock") },
      store: { path: this.#path("gateway.db") },
      collect: { devices: "any", revisitS: 1, revisitMaxS: 2 },
      uplink: { url: `mqtt://127.0.0.1:${brokerPort}`, reconnectMaxS: 1 },
      clock: { assumeSynchronised: true },
      ...this.#options.config,
    };
    writeFileSync(this.#path("carepost.yaml"), yamlText(config));
  }

  async #prepareStore(): Promise<void> {
    const { prepare, roster } = this.#options;
    const store = await openStore({ path: this.#path("gateway.db"), key: null, clock: systemClock, thread: "inline" });
    try {
      await saveRoster(store, await roster);
      await prepare?.(store, await roster);
    } finally {
      await store.close();
    }
  }

  #path(name: string): string {
    return join(this.#options.folder, `${this.#options.name}-${name}`);
  }
}

/** What the devices' process is told to let happen. */
export interface DemoCue {
  readonly device?: string;
  readonly do: Readonly<Record<string, string | number | boolean>>;
}
