import { type Consumer, jetstream, type JetStreamManager, type JsMsg, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection, type TlsOptions } from "@nats-io/transport-node";
import type { Clock, Random } from "../../../device-drivers/ports/clock.ts";
import type { BrokerConnection, Connector, TlsMaterial } from "../../mqtt/connection.ts";
import { type CanaryOptions, proveWithCanary } from "./canary.ts";
import { durableIsGone, durableName, ensureDurable } from "./durable.ts";
import { connectFailure, natsErrors, natsFailure } from "./nats-error.ts";
import { mqttListeners, natsServers } from "./nats-servers.ts";
import { messagesStream } from "./subject.ts";

/** One connection of an ingestor to NATS, from its beginning to its end. It never reconnects: a new one is proven anew. */
export interface NatsSession {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly consumer: Consumer;
  /** Was the shared consumer missing? Then what was published before may have been dropped, and comes again. */
  readonly durable: "found" | "created";
}

export interface NatsAddress {
  readonly url: string;
  readonly mqttUrl: string | null;
  /** Starts with `ingestor-`, and no other client has it. */
  readonly clientId: string;
  readonly tls?: (() => TlsMaterial) | undefined;
}

export interface SessionTimes {
  readonly connectTimeoutMs: number;
  /** How long a cluster may take to elect who answers for the stream and its consumer. */
  readonly readyTimeoutMs: number;
  readonly canaryTimeoutMs: number;
}

export interface SessionPorts {
  readonly connector: Connector;
  readonly clock: Clock;
  readonly random: Random;
}

/** The MQTT connection of a session's beginning: it makes the server create its streams, then it sends the canary. */
export type Prove = (signal: AbortSignal) => Promise<void>;

const pingIntervalMs = 10_000;
const retryMs = 250;

/**
 * Connects and makes sure of the stream and the consumer; `prove` is for after the first pull. Rejects with
 * `natsErrors`, or with what the MQTT connector says.
 */
export async function openSession(
  ports: SessionPorts,
  { address, times }: { readonly address: NatsAddress; readonly times: SessionTimes },
  signal: AbortSignal,
): Promise<{ readonly session: NatsSession; readonly prove: Prove }> {
  const connection = await connectNats({ address, times, random: ports.random });
  let mqtt: BrokerConnection | null = null;
  try {
    mqtt = await connectMqtt(ports, { address, times }, signal);
    const session = await untilReady(
      () => prepare(connection),
      { clock: ports.clock, timeoutMs: times.readyTimeoutMs },
      signal,
    );
    return { session, prove: prover(mqtt, { ...ports, clientId: address.clientId, timeoutMs: times.canaryTimeoutMs }) };
  } catch (error) {
    mqtt?.destroy();
    await connection.close();
    throw error;
  }
}

const prover =
  (mqtt: BrokerConnection, options: CanaryOptions): Prove =>
  async (signal) => {
    try {
      await proveWithCanary(mqtt, options, signal);
    } finally {
      await mqtt.close();
    }
  };

/** The first server that answers, in random order. */
async function connectNats({ address, times, random }: ConnectOrder): Promise<NatsConnection> {
  const { url, clientId, tls } = address;
  const { encrypted, servers } = natsServers(url);
  const { ca = null, cert = null, key = null } = encrypted ? (tls?.() ?? {}) : {};
  let failure: unknown = natsErrors.make("nats-url-invalid", "no server is named");
  for (const server of shuffled(servers, random)) {
    // Of an address without a name, the client would verify the certificate against "localhost" unless it is told.
    const material: TlsOptions & { readonly host: string } = {
      ...given({ ca, cert, key }),
      host: server.replace(/:\d+$/, "").replace(/^\[|\]$/g, ""),
    };
    try {
      return await connect({
        servers: server,
        name: clientId,
        reconnect: false,
        // Only the servers that the operator named: what they say of each other may be addresses of another network.
        ignoreClusterUpdates: true,
        timeout: times.connectTimeoutMs,
        pingInterval: pingIntervalMs,
        maxPingOut: 2,
        tls: encrypted ? material : null,
      });
    } catch (error) {
      failure = connectFailure(error);
    }
  }
  throw failure;
}

interface ConnectOrder {
  readonly address: NatsAddress;
  readonly times: SessionTimes;
  readonly random: Random;
}

const shuffled = (names: readonly string[], random: Random): readonly string[] =>
  names
    .map((name) => ({ name, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ name }) => name);

const given = (texts: Readonly<Record<string, string | null>>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).flatMap(([name, text]) => (text === null ? [] : [[name, text]])));

/** The first listener that answers, in random order. */
async function connectMqtt(
  { connector, random }: SessionPorts,
  { address, times }: { readonly address: NatsAddress; readonly times: SessionTimes },
  signal: AbortSignal,
): Promise<BrokerConnection> {
  const listeners = shuffled(mqttListeners(address.url, address.mqttUrl), random);
  let failure: unknown = natsErrors.make("nats-url-invalid", "no MQTT listener is named");
  for (const url of listeners) {
    const { clientId, tls } = address;
    const { connectTimeoutMs } = times;
    const options = { url, clientId, protocol: "3.1.1", keepAliveS: 30, connectTimeoutMs, tls } as const;
    try {
      return await connector.connect(options, signal);
    } catch (error) {
      signal.throwIfAborted();
      failure = error;
    }
  }
  throw failure;
}

async function prepare(connection: NatsConnection): Promise<NatsSession> {
  const manager = await jetstreamManager(connection);
  const durable = await ensureDurable(manager);
  const consumer = await jetstream(connection).consumers.get(messagesStream, durableName);
  return { connection, manager, consumer, durable };
}

/** A cluster that has just lost a server answers late, or that it does not know yet: asked again until the time is up. */
async function untilReady<T>(
  attempt: () => Promise<T>,
  { clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number },
  signal: AbortSignal,
): Promise<T> {
  const untilMs = clock.monotonicMs() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const failure = natsFailure(error);
      if (!natsErrors.is(failure, "nats-not-ready") || clock.monotonicMs() >= untilMs) throw failure;
    }
    await clock.sleep(retryMs, signal);
  }
}

/** Fetches and hands over until the signal. Rejects when the consumer is gone; resolves when the connection is. */
export async function pullUntil(
  { connection, consumer, manager }: NatsSession,
  { clock, fetchBytesMax, room, take }: PullOptions,
  signal: AbortSignal,
): Promise<void> {
  // The bound in bytes is kept by counting: a fetch that the server ends because the next message is too large drops
  // what the client has and has not handed over, and that would wait for the server's patience to end.
  const payloadBytesMax = connection.info?.max_payload ?? fetchBytesMax;
  const messagesMax = Math.max(1, Math.min(fetchMessagesMax, Math.floor(fetchBytesMax / payloadBytesMax)));
  while (!signal.aborted && !connection.isClosed()) {
    await room();
    const startedMs = clock.monotonicMs();
    const taken = await fetchOnce(consumer, { messagesMax, take }, signal);
    // A fetch that nobody could answer ends at once.
    if (taken === 0 && clock.monotonicMs() - startedMs < fetchExpiresMs / 2) {
      if (signal.aborted || connection.isClosed()) return;
      if (await durableIsGone(manager)) throw natsErrors.make("nats-not-ready", "the shared consumer is gone");
      await clock.sleep(retryMs, signal).catch(() => undefined);
    }
  }
}

export interface PullOptions {
  readonly clock: Clock;
  readonly fetchBytesMax: number;
  readonly room: () => Promise<void>;
  readonly take: (message: JsMsg) => void;
}

/** A leader that died does not say so: after so long a fetch that nobody answers is made again, of the next one. */
const fetchExpiresMs = 2000;

const fetchMessagesMax = 100;

/** How many messages came; fewer than there are, if the server ended the fetch early. */
async function fetchOnce(
  consumer: Consumer,
  { messagesMax, take }: { readonly messagesMax: number; readonly take: (message: JsMsg) => void },
  signal: AbortSignal,
): Promise<number> {
  let taken = 0;
  try {
    const messages = await consumer.fetch({ max_messages: messagesMax, expires: fetchExpiresMs, bind: true });
    const onAbort = (): void => void messages.close();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      for await (const message of messages) {
        taken += 1;
        take(message);
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  } catch {
    // What the server cut short is asked for again; what it did not answer, the caller looks into.
  }
  return taken;
}
