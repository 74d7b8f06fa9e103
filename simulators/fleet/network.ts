import { connectionErrors } from "../../cloud-sync/mqtt/connection-error.ts";
import type { BrokerConnection, Connector } from "../../cloud-sync/mqtt/connection.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { RateMeter } from "./rate-meter.ts";

/**
 * The network between a fleet and its broker: it counts connections, and it goes away when told to. While it is away,
 * every connection is cut and none can be made, as where a fleet's or a broker's uplink fails. It stands in front of the
 * sockets, so that it costs no descriptors and works over a broker in memory as well.
 */
export class Network {
  readonly #clock: Clock;
  readonly #gateways: number;
  readonly #connections = new Set<BrokerConnection>();
  readonly #failures = new Map<string, number>();
  readonly #rate = new RateMeter();
  readonly #watchers = new Set<Watcher>();
  #attempts = 0;
  #opened = 0;
  #lost = 0;
  #isAway = false;

  /** @param gateways how many are all */
  constructor(clock: Clock, gateways: number) {
    this.#clock = clock;
    this.#gateways = gateways;
  }

  /** The same connector, through this network. */
  through(connector: Connector): Connector {
    return {
      connect: async (options, signal) => {
        this.#attempts += 1;
        try {
          if (this.#isAway) throw connectionErrors.make("broker-unreachable", "the simulated network is away");
          const connection = await connector.connect(options, signal);
          this.#opens(connection);
          return connection;
        } catch (error) {
          if (!signal.aborted) this.#fails(error);
          throw error;
        }
      },
    };
  }

  /** Cuts every connection, and lets none be made until `mend`. */
  cut(): void {
    this.#isAway = true;
    for (const connection of this.#connections) connection.destroy();
  }

  mend(): void {
    this.#isAway = false;
  }

  get connected(): number {
    return this.#connections.size;
  }

  /** Since the last call: the most connections that were made in a second. */
  takePeakPerSecond(): number {
    return this.#rate.reset();
  }

  counts(): NetworkCounts {
    return {
      attempts: this.#attempts,
      opened: this.#opened,
      lost: this.#lost,
      failures: Object.fromEntries(this.#failures),
    };
  }

  /** Resolves, with the monotonic time, when every gateway is connected: at once if all are. */
  allConnected(): Promise<number> {
    return this.#when((connected) => connected >= this.#gateways);
  }

  /** Resolves when fewer than half are connected. */
  mostLost(): Promise<number> {
    return this.#when((connected) => connected < this.#gateways / 2);
  }

  /** Resolves when one more connection is made. */
  nextOpened(): Promise<number> {
    const before = this.#opened;
    return this.#when(() => this.#opened > before);
  }

  #opens(connection: BrokerConnection): void {
    this.#opened += 1;
    this.#rate.add(this.#clock.monotonicMs());
    this.#connections.add(connection);
    // One that was under way when the network went away does not arrive.
    if (this.#isAway) connection.destroy();
    this.#tell();
    void this.#countEnd(connection);
  }

  async #countEnd(connection: BrokerConnection): Promise<void> {
    await connection.closed;
    this.#connections.delete(connection);
    this.#lost += 1;
    this.#tell();
  }

  #fails(error: unknown): void {
    const code = connectionErrors.is(error) ? error.code : "unforeseen";
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1);
  }

  #when(isReached: (connected: number) => boolean): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#watchers.add({ isReached, resolve });
    this.#tell();
    return promise;
  }

  #tell(): void {
    for (const watcher of this.#watchers) {
      if (!watcher.isReached(this.#connections.size)) continue;
      this.#watchers.delete(watcher);
      watcher.resolve(this.#clock.monotonicMs());
    }
  }
}

export interface NetworkCounts {
  readonly attempts: number;
  readonly opened: number;
  readonly lost: number;
  /** Attempts that failed, by the code of their error. */
  readonly failures: Readonly<Record<string, number>>;
}

interface Watcher {
  readonly isReached: (connected: number) => boolean;
  readonly resolve: (atMs: number) => void;
}
