import { connectionErrors } from "./connection-error.ts";
import type {
  BrokerConnection,
  ConnectionEnd,
  ConnectOptions,
  IncomingMessage,
  OutgoingMessage,
} from "./connection.ts";
import type { MemoryBrokerInside } from "./memory-broker.ts";
import { refusedPublish, refusedSubscribe } from "./reason-code.ts";
import { isTopicName, topicMatches } from "./topic-filter.ts";

/** One connection to a broker in memory. Misuse throws, or is counted as a violation and cuts the connection. */
export class MemoryConnection implements BrokerConnection {
  readonly protocol: "5" | "3.1.1";
  readonly receiveMaximum: number;
  readonly closed: Promise<ConnectionEnd>;
  readonly clientId: string;
  /** The last will, until the connection has ended as it should. */
  unsentWill: OutgoingMessage | null;
  readonly #broker: MemoryBrokerInside;
  readonly #keepAliveMs: number;
  readonly #filters = new Set<string>();
  readonly #underWay = new Set<(error: Error) => void>();
  readonly #resolveClosed: (end: ConnectionEnd) => void;
  #unacknowledged = 0;
  #listener: ((message: IncomingMessage) => void) | null = null;
  #end: ConnectionEnd | null = null;
  /** What was sent to this client and has not arrived: it arrives in order. */
  #arrivals: Promise<void> = Promise.resolve();

  constructor(broker: MemoryBrokerInside, options: ConnectOptions) {
    this.protocol = broker.protocol;
    this.receiveMaximum = broker.receiveMaximum;
    this.clientId = options.clientId;
    this.unsentWill = options.will ?? null;
    this.#broker = broker;
    this.#keepAliveMs = options.keepAliveS * 1_000;
    const closed = Promise.withResolvers<ConnectionEnd>();
    this.closed = closed.promise;
    this.#resolveClosed = closed.resolve;
  }

  async publish(message: OutgoingMessage): Promise<void> {
    if (!isTopicName(message.topic)) throw new TypeError(`not a topic to publish to: ${message.topic}`);
    if (this.#end !== null) throw this.#lost();
    if (message.qos === 1) this.#unacknowledged += 1;
    if (this.#unacknowledged > this.receiveMaximum) {
      this.#broker.violated(`${this.clientId} exceeded the receive maximum of ${this.receiveMaximum}`);
      this.lose("peer", "Receive maximum exceeded (0x93)");
      throw this.#lost();
    }
    // The bytes are the caller's again as soon as the promise settles, as with a socket.
    const copy = { ...message, payload: message.payload.slice() };
    try {
      await this.#orLost(this.#handle(copy));
    } finally {
      if (message.qos === 1) this.#unacknowledged -= 1;
    }
  }

  async subscribe(filter: string, _qos: 0 | 1): Promise<void> {
    if (this.#listener === null) throw new TypeError("a subscription before onMessage would lose messages");
    if (this.#end !== null) throw this.#lost();
    await this.#orLost(this.#travel(2));
    if (!this.#broker.faults.subscribe(filter)) throw refusedSubscribe(0x87);
    this.#filters.add(filter);
    for (const message of this.#broker.retainedMatching(filter)) this.#deliver(message);
  }

  onMessage(listener: (message: IncomingMessage) => void): void {
    if (this.#listener !== null) throw new TypeError("the listener is set once");
    this.#listener = listener;
  }

  async close(): Promise<void> {
    this.unsentWill = null;
    this.#finish({ by: "us", reason: "closed" });
    await this.closed;
  }

  destroy(): void {
    this.#finish({ by: "us", reason: "destroyed" });
  }

  /** The broker's side: a message that may be for this client. */
  offer(message: IncomingMessage): void {
    if ([...this.#filters].some((filter) => topicMatches(filter, message.topic))) this.#deliver(message);
  }

  lose(by: "peer" | "network", reason: string): void {
    this.#finish({ by, reason });
  }

  /** The peer has gone silent: the client notices when its ping is not answered. */
  async missKeepAlive(): Promise<void> {
    await this.#broker.clock.sleep(this.#keepAliveMs * 1.5);
    if (this.#broker.isSilent()) this.lose("network", "Keepalive timeout");
  }

  async #handle(message: OutgoingMessage): Promise<void> {
    await this.#travel(1);
    if (message.qos === 0) {
      if (!this.#broker.isSilent()) this.#broker.route(message);
      return;
    }
    const verdict = this.#broker.faults.publish(message, this.clientId);
    if (verdict.delayMs !== undefined) await this.#broker.clock.sleep(verdict.delayMs);
    const { answer = "acknowledge", deliveries = typeof answer === "number" ? 0 : 1 } = verdict;
    await this.#unlessSilent();
    if (this.#end !== null) return;
    for (let delivery = 0; delivery < deliveries; delivery += 1) this.#broker.route(message);
    if (typeof answer === "number") throw refusedPublish(answer);
    if (answer === "disconnect") this.lose("peer", "the broker closed the connection");
    if (answer === "none") await new Promise(() => undefined);
    await this.#travel(1);
  }

  async #travel(ways: number): Promise<void> {
    if (this.#broker.latencyMs > 0) await this.#broker.clock.sleep(this.#broker.latencyMs * ways);
    await this.#unlessSilent();
  }

  /** Never resolves while the broker is silent: what is lost on the way does not arrive later. */
  async #unlessSilent(): Promise<void> {
    if (this.#broker.isSilent()) await new Promise(() => undefined);
  }

  #deliver(message: IncomingMessage): void {
    const dueMs = this.#broker.clock.monotonicMs() + this.#broker.latencyMs;
    this.#arrivals = this.#arrive(message, { dueMs, after: this.#arrivals });
  }

  async #arrive(
    message: IncomingMessage,
    turn: { readonly dueMs: number; readonly after: Promise<void> },
  ): Promise<void> {
    await turn.after;
    const waitMs = turn.dueMs - this.#broker.clock.monotonicMs();
    if (waitMs > 0) await this.#broker.clock.sleep(waitMs);
    if (this.#end === null && !this.#broker.isSilent()) this.#listener?.(message);
  }

  async #orLost(work: Promise<void>): Promise<void> {
    const loss = Promise.withResolvers<never>();
    this.#underWay.add(loss.reject);
    try {
      await Promise.race([work, loss.promise]);
    } finally {
      this.#underWay.delete(loss.reject);
    }
  }

  #finish(end: ConnectionEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    const rejections = [...this.#underWay];
    this.#underWay.clear();
    for (const reject of rejections) reject(this.#lost());
    this.#broker.ended(this);
    this.#resolveClosed(end);
  }

  #lost(): Error {
    return connectionErrors.make("connection-lost", `the connection to the broker is gone: ${this.#end?.reason ?? ""}`);
  }
}
