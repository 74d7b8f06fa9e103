import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { encodeReceipt, type ReceiptMessage } from "../contract/delivery.ts";
import { fleetFilter, gatewayTopics, parseTopic, type TopicKind } from "../contract/topics.ts";
import { connectionErrors } from "../mqtt/connection-error.ts";
import type { BrokerConnection, ConnectOptions, Connector, IncomingMessage } from "../mqtt/connection.ts";
import { ingestorIdPrefix } from "./broker-access.ts";
import { ingestErrors } from "./ingest-error.ts";
import { createSlots, type Slots } from "./slots.ts";
import type { Source, SourceHandlers } from "./source.ts";

/**
 * A source that is a client of any MQTT broker. The broker's acknowledgements mean nothing here: what counts is the
 * receipt. So a message may be dropped at any moment, and the gateway sends it again.
 */
export interface BrokerSource extends Source {
  status(): BrokerSourceStatus;
}

export interface BrokerSourceStatus {
  readonly connected: boolean;
  /** Messages that were dropped because too many were under way. */
  readonly shed: number;
}

export interface BrokerSourcePorts {
  readonly connector: Connector;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface BrokerSourceOptions {
  readonly url: string;
  /** Starts with `ingestor-`, and no other client has it. */
  readonly clientId: string;
  readonly protocol: ConnectOptions["protocol"];
  readonly tls?: ConnectOptions["tls"];
  readonly limits?: BrokerSourceLimits;
}

export interface BrokerSourceLimits {
  /** Messages that are being committed or receipted: 512 of 64 KiB are 32 MiB. */
  readonly messagesUnderWayMax: number;
  /** Receipts that wait for the broker's PUBACK; the broker's own maximum, if less, goes before. */
  readonly receiptsUnderWayMax: number;
  readonly canaryTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly keepAliveS: number;
  /** Reconnection waits a random time below this, doubled for each failure, up to the second. */
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
  /** A connection that lasted so long starts the doubling anew. */
  readonly stableMs: number;
}

const brokerSourceLimits: BrokerSourceLimits = {
  messagesUnderWayMax: 512,
  receiptsUnderWayMax: 64,
  canaryTimeoutMs: 5000,
  connectTimeoutMs: 10_000,
  keepAliveS: 30,
  retryFirstMs: 500,
  retryMaxMs: 30_000,
  stableMs: 60_000,
};

const subscribedKinds: readonly TopicKind[] = ["readings", "events", "state", "results"];

/**
 * `start` makes the first attempt and resolves after it, also if the broker is away: then it is tried again for ever.
 * It rejects with `broker-unfit`, or with what the connector says, where trying again would not help.
 */
export const brokerSource = (ports: BrokerSourcePorts, options: BrokerSourceOptions): BrokerSource =>
  new SubscribedSource(ports, options);

class SubscribedSource implements BrokerSource {
  readonly #ports: BrokerSourcePorts;
  readonly #options: BrokerSourceOptions;
  readonly #limits: BrokerSourceLimits;
  readonly #underWay = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #connection: BrokerConnection | null = null;
  #onCanary: ((payload: Uint8Array) => void) | null = null;
  #shed = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(ports: BrokerSourcePorts, options: BrokerSourceOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#limits = options.limits ?? brokerSourceLimits;
  }

  async start(handlers: SourceHandlers): Promise<void> {
    const first = await this.#open(handlers).catch((error: unknown) => this.#bearable(error));
    this.#running = this.#run(handlers, first);
  }

  async stop(): Promise<void> {
    this.#stop.abort(ingestErrors.make("ingest-stopped", "the ingestor is stopping"));
    await Promise.allSettled(this.#underWay);
    await this.#connection?.close();
    await this.#running;
  }

  status(): BrokerSourceStatus {
    return { connected: this.#connection !== null, shed: this.#shed };
  }

  /** Null for a failure that may pass by itself; throws any other. */
  #bearable(error: unknown): null {
    const passes = error instanceof CarepostError && error.recovery === "retry" && !ingestErrors.is(error);
    if (!passes) throw error;
    this.#ports.log.warn("ingest-broker-away", { code: error.code });
    return null;
  }

  async #run(handlers: SourceHandlers, first: BrokerConnection | null): Promise<void> {
    let connection = first;
    let failures = first === null ? 1 : 0;
    while (!this.#stop.signal.aborted) {
      if (connection !== null) {
        const openedMs = this.#ports.clock.monotonicMs();
        const end = await connection.closed;
        this.#connection = null;
        // A broker that lets us in and throws us out at once is no better than one that is away.
        if (this.#ports.clock.monotonicMs() - openedMs >= this.#limits.stableMs) failures = 0;
        if (!this.#stop.signal.aborted) this.#ports.log.warn("ingest-broker-lost", { by: end.by });
      }
      connection = await this.#reopen(handlers, failures);
      failures += 1;
    }
    await connection?.close();
  }

  /** Waits, then tries once. Null if it failed or the source is stopping. */
  async #reopen(handlers: SourceHandlers, failures: number): Promise<BrokerConnection | null> {
    const { retryFirstMs, retryMaxMs } = this.#limits;
    const waitMs = this.#ports.random() * Math.min(retryMaxMs, retryFirstMs * 2 ** Math.min(failures, 16));
    try {
      await this.#ports.clock.sleep(waitMs, this.#stop.signal);
      return await this.#open(handlers);
    } catch (error) {
      if (this.#stop.signal.aborted) return null;
      const code = error instanceof CarepostError ? error.code : "unknown";
      this.#ports.log.warn("ingest-broker-away", { code });
      return null;
    }
  }

  async #open(handlers: SourceHandlers): Promise<BrokerConnection> {
    const { url, clientId, protocol, tls } = this.#options;
    const { keepAliveS, connectTimeoutMs } = this.#limits;
    const connectOptions = { url, clientId, protocol, keepAliveS, connectTimeoutMs, tls };
    const connection = await this.#ports.connector.connect(connectOptions, this.#stop.signal);
    try {
      const slots = createSlots(Math.min(this.#limits.receiptsUnderWayMax, connection.receiveMaximum));
      connection.onMessage((message) => this.#take(handlers, { connection, slots }, message));
      for (const kind of subscribedKinds) await connection.subscribe(fleetFilter(kind), 1);
      await this.#provesToDeliver(connection);
    } catch (error) {
      connection.destroy();
      throw error;
    }
    this.#connection = connection;
    this.#ports.log.info("ingest-broker-connected", { protocol: connection.protocol });
    return connection;
  }

  /**
   * Publishes a canary on a topic that the subscription covers, and waits for it. A granted subscription proves
   * nothing: some brokers grant what their rules then keep back.
   */
  async #provesToDeliver(connection: BrokerConnection): Promise<void> {
    const payload = new TextEncoder().encode(`canary ${this.#ports.random()}`);
    const { promise: arrived, resolve } = Promise.withResolvers<"arrived">();
    this.#onCanary = (received) => {
      if (Buffer.compare(received, payload) === 0) resolve("arrived");
    };
    const waiting = new AbortController();
    try {
      const topic = gatewayTopics(this.#options.clientId).readings;
      await connection.publish({ topic, payload, qos: 1, retain: false });
      const signal = AbortSignal.any([this.#stop.signal, waiting.signal]);
      const tooLate = this.#ports.clock.sleep(this.#limits.canaryTimeoutMs, signal).then(() => "too-late" as const);
      const lost = connection.closed.then(() => "lost" as const);
      const outcome = await Promise.race([arrived, tooLate, lost]);
      if (outcome === "too-late") throw ingestErrors.make("broker-unfit", "the broker did not deliver the canary");
      // A broker that goes away says nothing of what it would have delivered.
      if (outcome === "lost") throw connectionErrors.make("connection-lost", "the broker went away during the canary");
    } finally {
      this.#onCanary = null;
      waiting.abort();
    }
  }

  #take(handlers: SourceHandlers, session: Session, { topic, payload }: IncomingMessage): void {
    const parsed = parseTopic(topic);
    if (parsed === null || this.#stop.signal.aborted) return;
    const { gateway, kind } = parsed;
    if (gateway === this.#options.clientId) this.#onCanary?.(payload);
    // The canaries of the other ingestors are of the same kind, and nobody's readings.
    if (gateway.startsWith(ingestorIdPrefix)) return;
    if (kind === "state") handlers.state(gateway, payload);
    else if (kind === "results") handlers.result(gateway, payload);
    else if (kind === "events") this.#track(gateway, () => handlers.event(gateway, payload));
    else if (kind === "readings") {
      this.#track(gateway, async () => {
        const receipt = await handlers.batch(gateway, payload);
        if (receipt !== null) await this.#sendReceipt(session, gateway, receipt);
      });
    }
  }

  /** Runs the work for one message, if there is room for it. Without a receipt the gateway sends the message again. */
  #track(gateway: string, work: () => Promise<void>): void {
    if (this.#underWay.size >= this.#limits.messagesUnderWayMax) {
      this.#shed += 1;
      return;
    }
    const settled = work().catch((error: unknown) => {
      const code = error instanceof CarepostError ? error.code : "unknown";
      this.#ports.log.warn("ingest-message-not-taken", { gateway, code });
    });
    this.#underWay.add(settled);
    void settled.then(() => this.#underWay.delete(settled));
  }

  async #sendReceipt({ connection, slots }: Session, gateway: string, receipt: ReceiptMessage): Promise<void> {
    const message = encodeReceipt(receipt);
    const { receipts: topic } = gatewayTopics(gateway);
    await slots.take();
    try {
      await connection.publish({ ...message, topic, qos: 1, retain: false });
    } catch (error) {
      // A receipt that is lost costs a resend, which is answered "duplicate".
      const code = error instanceof CarepostError ? error.code : "unknown";
      this.#ports.log.debug("ingest-receipt-lost", { gateway, code });
    } finally {
      slots.release();
    }
  }
}

interface Session {
  readonly connection: BrokerConnection;
  readonly slots: Slots;
}
