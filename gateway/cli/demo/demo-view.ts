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
}

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
  readonly #startedAtMs: number;
  readonly #backlog: number[] = [];
  readonly #sessions = new Map<string, string>();
  #devices: DeviceCounts = { taken: 0, shown: 0 };
  #gateway: GatewayCounts = { readings: 0, waiting: 0, held: 0, quarantined: 0 };
  #sinkReadings = 0;
  #readings: readonly StoredReading[] = [];
  #connected = false;
  #outageSinceMs: number | null = null;
  #outages = 0;

  constructor(scenario: string, startedAtMs: number) {
    this.#scenario = scenario;
    this.#startedAtMs = startedAtMs;
  }

  hearDevice({ event, kind }: DeviceLine): void {
    if (kind === "context") return;
    const { taken, shown } = this.#devices;
    this.#devices = event === "taken" ? { taken: taken + 1, shown } : { taken, shown: shown + 1 };
  }

  hearGateway(line: GatewayLine): void {
    if (line.type === "uplink") this.#connected = line.state === "connected";
    else if (line.type === "session-started") this.#sessions.set(line.driver, line.name ?? line.driver);
    else if (line.type === "session-ended") this.#sessions.delete(line.driver);
  }

  /** To be called at even intervals: the curve of the backlog is made of these. */
  look(gateway: GatewayCounts, readings: readonly StoredReading[], sinkReadings: number): void {
    this.#gateway = gateway;
    this.#readings = readings;
    this.#sinkReadings = sinkReadings;
    this.#backlog.push(gateway.waiting);
    if (this.#backlog.length > backlogSamplesMax) this.#backlog.shift();
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
      connected: this.#connected,
      outage: this.#outageSinceMs === null ? null : { forMs: nowMs - this.#outageSinceMs },
      outages: this.#outages,
    };
  }
}
