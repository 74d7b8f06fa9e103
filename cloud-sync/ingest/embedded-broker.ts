import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { Aedes, type Client, type ConnectPacket, type PublishPacket, type Subscription } from "aedes";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { gatewayTopics, type TopicKind } from "../contract/topics.ts";
import { type Identity, identify, maySubscribe, publishGrant } from "./broker-access.ts";
import type { BrokerLimits } from "./broker-limits.ts";
import { ClientRegistry } from "./client-registry.ts";
import { type ListenAddress, type Listener, listenOnLoopback, openListener } from "./listener.ts";
import { guardPackets } from "./packet-guard.ts";
import type { RefusalReason } from "./refusal-reason.ts";
import { countRefusals, type Refusals } from "./refusals.ts";
import { type BrokerTls, TlsGate } from "./tls-gate.ts";

/**
 * An MQTT 3.1.1 broker in this process: aedes, with the limits and the rules that aedes does not have. It keeps no
 * session and nothing on disk: what is durable is the sink's and the gateways' business.
 */
export interface EmbeddedBroker {
  readonly address: ListenAddress;
  /** Sends to a gateway, if it is connected and subscribed and reads. Answers whether it is on its way. */
  deliver(gateway: string, kind: "receipts" | "commands", payload: Uint8Array): boolean;
  counts(): BrokerCounts;
  /** Ends every connection and frees the port. Idempotent. */
  close(): Promise<void>;
}

export interface BrokerCounts {
  readonly connections: number;
  /** How often each kind of misuse was refused. */
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
}

export interface Publication {
  readonly gateway: string;
  readonly kind: TopicKind;
  readonly payload: Uint8Array;
}

export interface BrokerPorts {
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Takes what a gateway publishes, before it is acknowledged: a rejection ends the connection instead, which is all
   * that MQTT 3.1.1 can say. Without it the broker acknowledges at once and routes to ingestors that subscribe.
   */
  readonly take?: (publication: Publication) => Promise<void>;
  /** With it peers prove who they are, and any address may be listened on; without it the client id is believed. */
  readonly tls?: BrokerTls | undefined;
  /** Told of each refusal; `gateway` where the peer's identity is established. */
  readonly onRefusal?: (reason: RefusalReason, gateway?: string) => void;
}

/** Rejects with `listen-refused`, `listen-failed` or `broker-certificate-unusable`. */
export async function startEmbeddedBroker(
  listen: ListenAddress,
  limits: BrokerLimits,
  ports: BrokerPorts,
): Promise<EmbeddedBroker> {
  const broker = new GuardedAedes(limits, ports);
  await broker.start(listen);
  return broker;
}

/** An error for aedes, which ends the connection on it. It is counted where it is made, so never twice. */
class BrokerRefusal extends Error {
  readonly returnCode: 2 | 3 | 5;

  constructor(reason: RefusalReason, returnCode: 2 | 3 | 5) {
    super(reason);
    this.returnCode = returnCode;
  }
}

class GuardedAedes implements EmbeddedBroker {
  readonly #limits: BrokerLimits;
  readonly #ports: BrokerPorts;
  readonly #refusals: Refusals<RefusalReason>;
  readonly #registry: ClientRegistry<Client>;
  readonly #sockets = new Set<Socket>();
  readonly #pending = new Set<Client["conn"]>();
  readonly #certified = new WeakMap<Client["conn"], Identity>();
  readonly #identities = new WeakMap<Client, Identity | BrokerRefusal>();
  readonly #subscriptions = new WeakMap<Client, Set<string>>();
  readonly #retained = new Set<string>();
  readonly #aedes: Aedes;
  #gate: TlsGate | null = null;
  #listener: Listener | null = null;
  #closing: Promise<void> | null = null;

  constructor(limits: BrokerLimits, ports: BrokerPorts) {
    this.#limits = limits;
    this.#ports = ports;
    this.#refusals = countRefusals(ports.clock, ports.log, ports.onRefusal);
    this.#registry = new ClientRegistry(ports.clock, limits.takeoverMinMs);
    this.#aedes = new Aedes({
      connectTimeout: limits.connectTimeoutMs,
      drainTimeout: limits.drainTimeoutMs,
      maxTopicLevels: 8,
      preConnect: (client, packet, callback) => {
        this.#identities.set(client, this.#judgeConnect(client, packet));
        callback(null, true);
      },
      authenticate: (client, ...[, , callback]) => {
        const identity = this.#identities.get(client) ?? this.#refuse("client-id-refused", 5);
        if (identity instanceof BrokerRefusal) callback(identity, false);
        else callback(null, true);
      },
      authorizePublish: (client, packet, callback) => this.#authorizePublish(client, packet, callback),
      authorizeSubscribe: (client, subscription, callback) =>
        callback(null, this.#maySubscribe(client, subscription) ? subscription : null),
    });
    this.#listenToAedes();
  }

  get address(): ListenAddress {
    return this.#listener?.address ?? { host: "", port: 0 };
  }

  async start(listen: ListenAddress): Promise<void> {
    await this.#aedes.listen();
    try {
      const open = this.#ports.tls === undefined ? listenOnLoopback : openListener;
      if (this.#ports.tls !== undefined) this.#gate = this.#openGate(this.#ports.tls);
      this.#listener = await open(listen, this.#limits, {
        onSocket: (socket) => this.#onSocket(socket),
        onDropped: () => this.#refusals.add("too-many-connections"),
      });
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  deliver(gateway: string, kind: "receipts" | "commands", payload: Uint8Array): boolean {
    const client = this.#registry.get(gateway);
    const topic = gatewayTopics(gateway)[kind];
    if (client === null || this.#subscriptions.get(client)?.has(topic) !== true) return false;
    if (client.conn.writableLength > this.#limits.unreadBytesMax) {
      this.#refusals.add("receipt-unread", gateway);
      return false;
    }
    // Straight to the client: through the broker's own queue a gateway that does not read would hold up all others.
    const body = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    client.publish({ cmd: "publish", topic, payload: body, qos: 1, dup: false, retain: false }, () => undefined);
    return true;
  }

  counts(): BrokerCounts {
    return { connections: this.#registry.size, refused: this.#refusals.counts() };
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    this.#listener?.close();
    this.#gate?.close();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#aedes.close(resolve);
    await promise;
    for (const socket of this.#sockets) socket.destroy();
    await this.#listener?.closed;
  }

  #openGate(tls: BrokerTls): TlsGate {
    const { clock, log } = this.#ports;
    return new TlsGate(tls, this.#limits, {
      clock,
      log,
      onPeer: (socket, identity) => {
        this.#certified.set(socket, identity);
        this.#serve(socket);
      },
      onRefused: (reason, gateway) => this.#refusals.add(reason, gateway),
    });
  }

  #onSocket(socket: Socket): void {
    if (this.#pending.size + (this.#gate?.handshaking ?? 0) >= this.#limits.pendingConnectionsMax) {
      this.#refusals.add("too-many-pending-connections");
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    if (this.#gate === null) this.#serve(socket);
    else this.#gate.admit(socket);
  }

  #serve(socket: Socket): void {
    this.#pending.add(socket);
    socket.once("close", () => this.#pending.delete(socket));
    guardPackets(socket, this.#limits, {
      clock: this.#ports.clock,
      onFault: (fault) => this.#refusals.add(fault, this.#certified.get(socket)?.id),
    });
    this.#aedes.handle(socket);
  }

  #listenToAedes(): void {
    const emitter: EventEmitter = this.#aedes;
    emitter.on("error", () => this.#ports.log.error("broker-failed"));
    const failed = new WeakSet<Client>();
    const onError = (client: Client, error: Error): void => {
      // Whatever else fails on a connection that has failed is a consequence of that.
      if (failed.has(client)) return;
      failed.add(client);
      const reason = error instanceof BrokerRefusal ? null : reasonOf(error);
      if (reason !== null) this.#refusals.add(reason, this.#gatewayOf(client));
    };
    this.#aedes.on("clientError", onError);
    this.#aedes.on("connectionError", onError);
    this.#aedes.on("client", (client) => {
      this.#registry.add(client.id, client)?.close();
      client.conn.once("close", () => this.#registry.remove(client.id, client));
    });
    this.#aedes.on("clientReady", (client) => this.#pending.delete(client.conn));
    this.#aedes.on("subscribe", (subscriptions, client) => {
      const topics = this.#subscriptions.get(client) ?? new Set();
      this.#subscriptions.set(client, topics);
      for (const { topic, qos } of subscriptions) if (qos <= 2) topics.add(topic);
    });
    this.#aedes.on("unsubscribe", (topics, client) => {
      for (const topic of topics) this.#subscriptions.get(client)?.delete(topic);
    });
  }

  /** Also brings the request within the limits, which the server may do unasked: no session, a bounded keep-alive. */
  #judgeConnect({ conn }: Client, packet: ConnectPacket): Identity | BrokerRefusal {
    packet.clean = true;
    const keepAliveS = packet.keepalive ?? 0;
    packet.keepalive = keepAliveS === 0 ? this.#limits.keepAliveMaxS : Math.min(keepAliveS, this.#limits.keepAliveMaxS);
    const certified = this.#certified.get(conn);
    const identity = identify(packet.clientId, this.#ports.take === undefined);
    if (identity === null) return this.#refuse("client-id-refused", 2, certified?.id);
    if (this.#gate !== null && identity.id !== certified?.id) {
      return this.#refuse("client-id-not-certified", 5, certified?.id);
    }
    if (packet.will !== undefined && !isOwnState(identity, packet.will)) return this.#refuse("will-refused", 5);
    if (!this.#registry.isFree(identity.id)) return this.#refuse("client-id-in-use", 3, identity.id);
    return identity;
  }

  #authorizePublish(client: Client | null, packet: PublishPacket, callback: (error?: Error | null) => void): void {
    const identity = client === null ? undefined : this.#identities.get(client);
    const known = identity === undefined || identity instanceof BrokerRefusal ? null : identity;
    const grant = known === null || packet.qos === 2 ? null : publishGrant(known, packet);
    if (known === null || grant === null) return callback(this.#refuse("publish-refused", 5, known?.id));
    const { take } = this.#ports;
    packet.retain = packet.retain && take === undefined && this.#mayRetain(grant.gateway);
    if (take === undefined) return callback(null);
    const payload = typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload;
    void this.#takeThenAnswer(take({ ...grant, payload }), grant.gateway, callback);
  }

  async #takeThenAnswer(taken: Promise<void>, gateway: string, callback: (error: Error | null) => void): Promise<void> {
    let refusal: Error | null = null;
    try {
      await taken;
    } catch {
      refusal = this.#refuse("publish-not-taken", 3, gateway);
    }
    callback(refusal);
  }

  #maySubscribe(client: Client, { topic }: Subscription): boolean {
    const identity = this.#identities.get(client);
    if (identity === undefined || identity instanceof BrokerRefusal) return false;
    if (maySubscribe(identity, topic)) return true;
    this.#refusals.add("subscribe-refused", identity.id);
    return false;
  }

  #mayRetain(gateway: string): boolean {
    if (!this.#retained.has(gateway) && this.#retained.size >= this.#limits.retainedStatesMax) return false;
    this.#retained.add(gateway);
    return true;
  }

  #refuse(reason: RefusalReason, returnCode: 2 | 3 | 5, gateway?: string): BrokerRefusal {
    this.#refusals.add(reason, gateway);
    return new BrokerRefusal(reason, returnCode);
  }

  #gatewayOf(client: Client): string | undefined {
    const identity = this.#identities.get(client);
    return identity === undefined || identity instanceof BrokerRefusal ? undefined : identity.id;
  }
}

/** What aedes tells by the text of an error. Null for a connection that merely broke: networks do. */
function reasonOf(error: Error): RefusalReason | null {
  if (error.message === "connect did not arrive in time") return "connect-timeout";
  if (error.message === "keep alive timeout") return "keep-alive-timeout";
  if (error.message === "drain timeout") return "receipt-unread";
  // A client that tries MQTT 5 first means no harm: it is told the version, and comes again.
  if (error.message === "unacceptable protocol version") return null;
  if (error.message === "connection closed" || "syscall" in error) return null;
  return "protocol-error";
}

const isOwnState = (identity: Identity, will: { readonly topic: string; readonly qos?: number }): boolean =>
  identity.role === "gateway" && will.topic === gatewayTopics(identity.id).state && (will.qos ?? 0) < 2;
