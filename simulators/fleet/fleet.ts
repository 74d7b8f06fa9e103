import type { ConnectOptions, Connector } from "../../cloud-sync/mqtt/connection.ts";
import { createForwarder, type Forwarder } from "../../cloud-sync/uplink/forwarder.ts";
import type { ForwarderTuning } from "../../cloud-sync/uplink/forwarder-options.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { seededRandom, seedOf } from "../random.ts";
import type { Visit } from "./day-plan.ts";
import { FleetOutbox } from "./fleet-outbox.ts";
import { householdOf } from "./household.ts";
import { Ledger, type ReadingTotals } from "./ledger.ts";
import { Network } from "./network.ts";
import { ReadingMaker } from "./reading-maker.ts";
import { tapped } from "./wire-tap.ts";

export interface FleetOptions {
  readonly gateways: number;
  readonly seed: number;
  readonly url: string;
  /** Then no more is measured. */
  readonly readingsMax: number;
  readonly tuning: Partial<ForwarderTuning>;
  /** How a gateway proves who it is; null where the broker does not ask. */
  readonly credentials: ((gateway: string) => NonNullable<ConnectOptions["tls"]>) | null;
}

export interface FleetPorts {
  readonly clock: Clock;
  /** One for each gateway: what one learns of the broker, another does not know. */
  readonly connector: () => Connector;
}

/**
 * Many gateways in one process: each is the real forwarder with an outbox in memory, and readings come from people as
 * the plan says. It runs until it is stopped, and keeps its own books.
 */
export interface Fleet {
  readonly network: Network;
  readonly ledger: Ledger;
  /** Connects them all, each within the ramp. */
  start(): void;
  /** Somebody measures. False where that gave no reading: the measurement failed, or there are enough. */
  measure(visit: Visit): boolean;
  waiting(): number;
  totals(): FleetTotals;
  /** Lets what is under way arrive, then ends every connection. Rejects with what a forwarder failed with. */
  stop(): Promise<void>;
}

export interface FleetTotals extends ReadingTotals {
  readonly batches: number;
  readonly receipts: number;
  readonly resent: number;
  /** Receipts for batches that their gateway does not remember, and such that are no receipts. */
  readonly strayReceipts: number;
  readonly invalidReceipts: number;
}

export const createFleet = (ports: FleetPorts, options: FleetOptions): Fleet => new GatewayFleet(ports, options);

class GatewayFleet implements Fleet {
  readonly network: Network;
  readonly ledger: Ledger;
  readonly #options: FleetOptions;
  readonly #clock: Clock;
  readonly #gateways: readonly SimulatedGateway[];
  #running: readonly Promise<void>[] = [];

  constructor(ports: FleetPorts, options: FleetOptions) {
    this.#clock = ports.clock;
    this.#options = options;
    this.network = new Network(ports.clock, options.gateways);
    this.ledger = new Ledger(ports.clock);
    this.#gateways = Array.from({ length: options.gateways }, (_, index) => this.#gateway(index, ports));
  }

  start(): void {
    this.#running = this.#gateways.map(({ forwarder, stopping }) => forwarder.run(stopping.signal));
    // Told by `stop`, which waits for them all.
    for (const running of this.#running) running.catch(() => undefined);
  }

  measure(visit: Visit): boolean {
    const gateway = this.#gateways[visit.gateway];
    if (gateway === undefined || this.ledger.shown >= this.#options.readingsMax) return false;
    const reading = gateway.maker().make(visit);
    const number = reading === null ? null : this.ledger.show(reading.id);
    if (number === null) return false;
    gateway.outbox.add(JSON.stringify(reading), number, Math.floor(this.#clock.now()));
    return true;
  }

  waiting(): number {
    return this.#gateways.reduce((sum, { outbox }) => sum + outbox.waiting, 0);
  }

  totals(): FleetTotals {
    const totals = { batches: 0, receipts: 0, resent: 0, strayReceipts: 0, invalidReceipts: 0 };
    for (const { forwarder } of this.#gateways) {
      const { counts } = forwarder.status();
      totals.batches += counts.batchesSent;
      totals.receipts += counts.receipts;
      totals.resent += counts.readingsResent;
      totals.strayReceipts += counts.strayReceipts;
      totals.invalidReceipts += counts.invalidReceipts;
    }
    const waiting = this.#gateways.flatMap(({ outbox }) => outbox.waitingNumbers());
    const deadLetters = this.#gateways.flatMap(({ outbox }) => outbox.deadLetterNumbers());
    return { ...this.ledger.totals({ waiting, deadLetters }), ...totals };
  }

  async stop(): Promise<void> {
    for (const { stopping } of this.#gateways) stopping.abort();
    await Promise.all(this.#running);
  }

  #gateway(index: number, ports: FleetPorts): SimulatedGateway {
    const { seed, url, tuning, credentials } = this.#options;
    const home = householdOf(seed, index);
    const outbox = new FleetOutbox();
    const tls = credentials?.(home.gateway);
    const forwarder = createForwarder(
      {
        outbox,
        connector: tapped(this.network.through(ports.connector()), home.gateway, this.ledger),
        clock: ports.clock,
        random: seededRandom(seedOf(seed, "network", index)),
        log: silent,
        commands: { syncNow: nothing, setConfig: nothing, forgetDevice: nothing, followRoster: nothing },
        describe: () => ({ held: 0, clock: "trusted", alarm: null, radio: "up" }),
      },
      {
        gateway: home.gateway,
        url,
        version: "simulated",
        bootId: `fleet-${index}-${ports.clock.now().toString(36)}`.slice(0, 52),
        ...(tls === undefined ? {} : { tls }),
        ...tuning,
      },
    );
    let maker: ReadingMaker | null = null;
    return { outbox, forwarder, stopping: new AbortController(), maker: () => (maker ??= new ReadingMaker(home)) };
  }
}

interface SimulatedGateway {
  readonly outbox: FleetOutbox;
  readonly forwarder: Forwarder;
  /** Its own: to listen to a signal takes the longer the more others listen. */
  readonly stopping: AbortController;
  readonly maker: () => ReadingMaker;
}

const nothing = (): Promise<void> => Promise.resolve();
/** Ten thousand gateways would tell ten thousand times the same: what they do is counted. */
const silent: Log = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };
