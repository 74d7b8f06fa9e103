import type { Clock } from "../../device-drivers/ports/clock.ts";
import { connectionErrors } from "./connection-error.ts";
import type { ConnectOptions, Connector, IncomingMessage, OutgoingMessage } from "./connection.ts";
import { MemoryConnection } from "./memory-connection.ts";
import { parseFilter, topicMatches } from "./topic-filter.ts";

/**
 * A broker in memory: the strict twin behind the connection port. It moves no bytes and waits only on its clock, so it
 * runs in virtual time, and it fails as brokers fail when it is told to. Contract: `test/contracts/connection.ts`.
 */
export interface MemoryBroker {
  readonly connector: Connector;
  /** What goes wrong from now on: change it at any time. */
  readonly faults: MemoryBrokerFaults;
  /** Hears what is published, like another client of the broker. Returns what ends it. */
  subscribe(filter: string, listener: (message: IncomingMessage) => void): () => void;
  /** Publishes like another client of the broker. */
  publish(message: OutgoingMessage): void;
  retained(topic: string): Uint8Array | null;
  /** The client ids of those that are connected. */
  connected(): readonly string[];
  /** Ends every connection, and refuses new ones until `start`. Retained messages survive unless they are forgotten. */
  stop(options?: { readonly forget: boolean }): void;
  start(): void;
  /** Ends every connection; new ones are welcome. */
  cut(): void;
  /** Goes silent without a word, as a pulled cable does: sockets stay open, and nothing is answered any more. */
  disappear(): void;
  reappear(): void;
  /** How often a client broke the protocol, as a real broker would log it. A test ends with none. */
  violations(): readonly string[];
}

export interface MemoryBrokerFaults {
  /** How a CONNECT fails; null lets it in. */
  connect: keyof typeof connectionErrors.table | null;
  /** May this filter be subscribed to? */
  subscribe: (filter: string) => boolean;
  publish: (message: OutgoingMessage, clientId: string) => PublishVerdict;
  /** Does it deliver what shared subscriptions cover? Some brokers grant them and then do not. */
  deliversShared: boolean;
}

/** What becomes of a message. Nothing named: it is delivered once and acknowledged at once. */
export interface PublishVerdict {
  readonly deliveries?: 0 | 1 | 2;
  /** A number is a negative acknowledgement with that reason code (MQTT 5). */
  readonly answer?: "acknowledge" | "none" | "disconnect" | number;
  readonly delayMs?: number;
}

export interface MemoryBrokerOptions {
  readonly clock: Clock;
  readonly protocol?: "5" | "3.1.1";
  readonly receiveMaximum?: number;
  /** How long a message takes in each direction. */
  readonly latencyMs?: number;
}

/** What a connection in memory asks of its broker. */
export interface MemoryBrokerInside {
  readonly clock: Clock;
  readonly latencyMs: number;
  readonly protocol: "5" | "3.1.1";
  readonly receiveMaximum: number;
  readonly faults: MemoryBrokerFaults;
  isSilent(): boolean;
  route(message: OutgoingMessage): void;
  joined(sharedFilter: string, connection: MemoryConnection): void;
  left(filter: string, connection: MemoryConnection): void;
  /** Gives messages that a member of a group did not acknowledge to the others, as MQTT 5 §4.8.2 asks for. */
  handOver(sharedFilter: string, message: IncomingMessage): void;
  retainedMatching(filter: string): readonly IncomingMessage[];
  ended(connection: MemoryConnection): void;
  violated(text: string): void;
}

export function createMemoryBroker(options: MemoryBrokerOptions): MemoryBroker {
  return new Broker(options);
}

class Broker implements MemoryBroker, MemoryBrokerInside {
  readonly clock: Clock;
  readonly latencyMs: number;
  readonly protocol: "5" | "3.1.1";
  readonly receiveMaximum: number;
  readonly connector: Connector = { connect: (options, signal) => this.#connect(options, signal) };
  readonly faults: MemoryBrokerFaults = {
    connect: null,
    subscribe: () => true,
    publish: () => ({}),
    deliversShared: true,
  };
  readonly #retained = new Map<string, Uint8Array>();
  readonly #connections = new Map<string, MemoryConnection>();
  /** The members of each shared subscription; the first is the next. */
  readonly #shares = new Map<string, MemoryConnection[]>();
  readonly #observers = new Set<{ readonly filter: string; readonly listener: (message: IncomingMessage) => void }>();
  readonly #violations: string[] = [];
  #state: "up" | "down" | "silent" = "up";

  constructor({ clock, protocol = "5", receiveMaximum = 65_535, latencyMs = 0 }: MemoryBrokerOptions) {
    this.clock = clock;
    this.protocol = protocol;
    this.receiveMaximum = receiveMaximum;
    this.latencyMs = latencyMs;
  }

  subscribe(filter: string, listener: (message: IncomingMessage) => void): () => void {
    const observer = { filter, listener };
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  publish(message: OutgoingMessage): void {
    this.route(message);
  }

  retained(topic: string): Uint8Array | null {
    return this.#retained.get(topic) ?? null;
  }

  connected(): readonly string[] {
    return [...this.#connections.keys()];
  }

  stop(options: { readonly forget: boolean } = { forget: false }): void {
    this.#state = "down";
    this.cut();
    if (options.forget) this.#retained.clear();
  }

  start(): void {
    this.#state = "up";
  }

  cut(): void {
    for (const connection of this.#connections.values()) connection.lose("peer", "the broker closed the connection");
  }

  disappear(): void {
    this.#state = "silent";
    for (const connection of this.#connections.values()) void connection.missKeepAlive();
  }

  reappear(): void {
    this.#state = "up";
  }

  violations(): readonly string[] {
    return this.#violations;
  }

  isSilent(): boolean {
    return this.#state === "silent";
  }

  route(message: OutgoingMessage): void {
    const { topic, payload } = message;
    if (message.retain && payload.byteLength === 0) this.#retained.delete(topic);
    else if (message.retain) this.#retained.set(topic, payload);
    for (const { filter, listener } of this.#observers) {
      if (topicMatches(filter, topic)) listener({ topic, payload, retain: false });
    }
    for (const connection of this.#connections.values()) connection.offer({ topic, payload, retain: false });
    for (const share of this.#shares.keys()) {
      if (topicMatches(parseFilter(share).filter, topic)) this.handOver(share, { topic, payload, retain: false });
    }
  }

  joined(sharedFilter: string, connection: MemoryConnection): void {
    this.#shares.set(sharedFilter, [...(this.#shares.get(sharedFilter) ?? []), connection]);
  }

  left(filter: string, connection: MemoryConnection): void {
    const members = this.#shares.get(filter) ?? [];
    this.#shares.set(
      filter,
      members.filter((member) => member !== connection),
    );
  }

  handOver(sharedFilter: string, message: IncomingMessage): void {
    const [next, ...others] = this.#shares.get(sharedFilter) ?? [];
    if (next === undefined || this.#state === "down" || !this.faults.deliversShared) return;
    this.#shares.set(sharedFilter, [...others, next]);
    next.deliver(message, sharedFilter);
  }

  retainedMatching(filter: string): readonly IncomingMessage[] {
    return [...this.#retained]
      .filter(([topic]) => topicMatches(filter, topic))
      .map(([topic, payload]) => ({ topic, payload, retain: true }));
  }

  ended(connection: MemoryConnection): void {
    if (this.#connections.get(connection.clientId) === connection) this.#connections.delete(connection.clientId);
    for (const share of this.#shares.keys()) this.left(share, connection);
    if (connection.unsentWill !== null && this.#state !== "down") this.route(connection.unsentWill);
  }

  violated(text: string): void {
    this.#violations.push(text);
  }

  async #connect(options: ConnectOptions, signal: AbortSignal): Promise<MemoryConnection> {
    signal.throwIfAborted();
    await (this.latencyMs > 0 ? this.clock.sleep(this.latencyMs * 2, signal) : Promise.resolve());
    if (this.#state === "silent") {
      await this.clock.sleep(options.connectTimeoutMs, signal);
      throw connectionErrors.make("broker-timed-out", "the broker did not answer in time");
    }
    if (this.#state === "down") throw connectionErrors.make("broker-unreachable", "nothing listens there");
    if (this.faults.connect !== null) throw connectionErrors.make(this.faults.connect, "the broker refused");
    if (options.protocol !== "auto" && options.protocol !== this.protocol) {
      throw connectionErrors.make("broker-version-refused", `the broker speaks MQTT ${this.protocol} only`);
    }
    signal.throwIfAborted();
    this.#connections.get(options.clientId)?.lose("peer", "Session taken over (0x8e)");
    const connection = new MemoryConnection(this, options);
    this.#connections.set(options.clientId, connection);
    return connection;
  }
}
