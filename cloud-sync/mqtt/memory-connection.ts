import { connectionErrors } from "./connection-error.ts";
import type {
  BrokerConnection,
  ConnectionEnd,
  ConnectOptions,
  IncomingMessage,
  MessageListener,
  OutgoingMessage,
} from "./connection.ts";
import type { MemoryBrokerInside } from "./memory-broker.ts";
import { refusedPublish, refusedSubscribe } from "./reason-code.ts";
import { isTopicName, parseFilter, topicMatches } from "./topic-filter.ts";

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
  #listener: MessageListener | null = null;
  #end: ConnectionEnd | null = null;
  readonly #incomingMax: number;
  /** What this client has not acknowledged, or not even received. */
  readonly #incoming = new Set<Incoming>();
  #handedOver = 0;
  #room = Promise.withResolvers<void>();
  /** What was sent to this client and has not arrived: it arrives in order. */
  #arrivals: Promise<void> = Promise.resolve();

  constructor(broker: MemoryBrokerInside, options: ConnectOptions) {
    this.protocol = broker.protocol;
    this.receiveMaximum = broker.receiveMaximum;
    this.clientId = options.clientId;
    this.unsentWill = options.will ?? null;
    this.#broker = broker;
    this.#incomingMax = options.receiveMaximum ?? 65_535;
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
    // A shared subscription gets no retained messages (MQTT 5 §4.8.2).
    if (parseFilter(filter).group !== null) {
      this.#broker.joined(filter, this);
      return;
    }
    this.#filters.add(filter);
    for (const message of this.#broker.retainedMatching(filter)) this.deliver(message, null);
  }

  async unsubscribe(filter: string): Promise<void> {
    if (this.#end !== null) throw this.#lost();
    await this.#orLost(this.#travel(2));
    this.#filters.delete(filter);
    this.#broker.left(filter, this);
  }

  onMessage(listener: MessageListener): void {
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
    if ([...this.#filters].some((filter) => topicMatches(filter, message.topic))) this.deliver(message, null);
  }

  /** The broker's side: a message for this client, by a shared subscription if that is named. */
  deliver(message: IncomingMessage, share: string | null): void {
    const incoming = { message, share, dueMs: this.#broker.clock.monotonicMs() + this.#broker.latencyMs };
    this.#incoming.add(incoming);
    this.#arrivals = this.#arrive(incoming, this.#arrivals);
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

  async #arrive(incoming: Incoming, after: Promise<void>): Promise<void> {
    await after;
    const waitMs = incoming.dueMs - this.#broker.clock.monotonicMs();
    if (waitMs > 0) await this.#broker.clock.sleep(waitMs);
    while (this.#handedOver >= this.#incomingMax && this.#end === null) await this.#room.promise;
    if (this.#end !== null || this.#broker.isSilent()) return;
    this.#handedOver += 1;
    const taken = this.#listener?.(incoming.message);
    if (taken instanceof Promise) void this.#acknowledgeAfter(taken, incoming);
    else this.#acknowledged(incoming);
  }

  async #acknowledgeAfter(taken: Promise<unknown>, incoming: Incoming): Promise<void> {
    try {
      await taken;
    } catch {
      return;
    }
    if (this.#end === null) this.#acknowledged(incoming);
  }

  #acknowledged(incoming: Incoming): void {
    this.#incoming.delete(incoming);
    this.#handedOver -= 1;
    this.#makeRoom();
  }

  #makeRoom(): void {
    this.#room.resolve();
    this.#room = Promise.withResolvers<void>();
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
    this.#makeRoom();
    for (const { share, message } of this.#incoming) if (share !== null) this.#broker.handOver(share, message);
    this.#incoming.clear();
    this.#resolveClosed(end);
  }

  #lost(): Error {
    return connectionErrors.make("connection-lost", `the connection to the broker is gone: ${this.#end?.reason ?? ""}`);
  }
}

interface Incoming {
  readonly message: IncomingMessage;
  /** The shared subscription by which it came; null if by one of this client's own. */
  readonly share: string | null;
  readonly dueMs: number;
}
