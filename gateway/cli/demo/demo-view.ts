import type { StoredReading } from "../../store/store.ts";
import type { DeviceLine, GatewayLine } from "./demo-events.ts";

/** All that the demo shows at one moment. */
export interface DemoSnapshot {
  readonly scenario: string;
  readonly elapsedMs: number;
  readonly devices: DeviceCounts;
  readonly gateway: GatewayCounts;
  readonly sink: { readonly readings: number };
  /** The newest first. */
  readonly readings: readonly StoredReading[];
  /** How many waited, at even intervals, the latest last. */
  readonly backlog: readonly number[];
  /** The names of the devices that the gateway is talking to. */
  readonly sessions: readonly string[];
  readonly connected: boolean;
  readonly outage: { readonly forMs: number } | null;
  readonly outages: number;
  /** Null where there is none. */
  readonly kiosk: DemoKiosk | "opening" | null;
}

/** Where the kiosk's pages are, and what a person must know to go through all of them. */
export interface DemoKiosk {
  readonly url: string;
  readonly staffName: string;
  readonly staffPin: string;
}

export const isOpen = (kiosk: DemoSnapshot["kiosk"]): kiosk is DemoKiosk => kiosk !== null && kiosk !== "opening";

/** Records that people have put into devices' memories, and those that devices have shown the gateway. */
export interface DeviceCounts {
  readonly taken: number;
  readonly shown: number;
}

export interface GatewayCounts {
  readonly readings: number;
  readonly waiting: number;
  readonly held: number;
  readonly quarantined: number;
}

const backlogSamplesMax = 240;

/** Keeps up to date what the demo shows. */
export class DemoView {
  readonly #scenario: string;
  #startedAtMs: number;
  readonly #backlog: number[] = [];
  readonly #sessions = new Map<string, string>();
  #devices: DeviceCounts = { taken: 0, shown: 0 };
  #gateway: GatewayCounts = { readings: 0, waiting: 0, held: 0, quarantined: 0 };
  #sinkReadings = 0;
  #readings: readonly StoredReading[] = [];
  readonly #connected = new Set<string>();
  #outageSinceMs: number | null = null;
  #outages = 0;
  #kiosk: DemoSnapshot["kiosk"] = null;

  constructor(scenario: string, startedAtMs: number) {
    this.#scenario = scenario;
    this.#startedAtMs = startedAtMs;
  }

  /** From now on time is counted: what it took to start does not belong to the demo. */
  began(atMs: number): void {
    this.#startedAtMs = atMs;
  }

  hearDevice({ event, kind }: DeviceLine): void {
    if (kind === "context") return;
    const { taken, shown } = this.#devices;
    this.#devices = event === "taken" ? { taken: taken + 1, shown } : { taken, shown: shown + 1 };
  }

  /** @param site whose gateway it is: each has one session at a time with a driver */
  hearGateway(line: GatewayLine, site = "home"): void {
    if (line.type === "uplink" && line.state === "connected") this.#connected.add(site);
    else if (line.type === "uplink") this.#connected.delete(site);
    else if (line.type === "session-started") this.#sessions.set(`${site} ${line.driver}`, line.name ?? line.driver);
    else if (line.type === "session-ended") this.#sessions.delete(`${site} ${line.driver}`);
  }

  /** To be called at even intervals: the curve of the backlog is made of these. */
  look(gateway: GatewayCounts, readings: readonly StoredReading[], sinkReadings: number): void {
    this.#gateway = gateway;
    this.#readings = readings;
    this.#sinkReadings = sinkReadings;
    this.#backlog.push(gateway.waiting);
    if (this.#backlog.length > backlogSamplesMax) this.#backlog.shift();
  }

  kioskOpening(): void {
    this.#kiosk = "opening";
  }

  kioskOpened(kiosk: DemoKiosk): void {
    this.#kiosk = kiosk;
  }

  outageBegan(atMs: number): void {
    this.#outageSinceMs = atMs;
    this.#outages += 1;
  }

  outageEnded(): void {
    this.#outageSinceMs = null;
  }

  snapshot(nowMs: number): DemoSnapshot {
    return {
      scenario: this.#scenario,
      elapsedMs: nowMs - this.#startedAtMs,
      devices: this.#devices,
      gateway: this.#gateway,
      sink: { readings: this.#sinkReadings },
      readings: this.#readings,
      backlog: this.#backlog,
      sessions: [...this.#sessions.values()],
      connected: this.#connected.size > 0,
      outage: this.#outageSinceMs === null ? null : { forMs: nowMs - this.#outageSinceMs },
      outages: this.#outages,
      kiosk: this.#kiosk,
    };
  }
}
