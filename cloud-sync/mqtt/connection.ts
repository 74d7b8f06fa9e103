/**
 * A connection to a broker, as both ends of delivery need it. One object lives as long as one network connection:
 * it never reconnects, queues or stores; whoever opened it does that. Types only; `mqttjs-connection.ts` is the adapter.
 */
export interface Connector {
  /** Rejects with a `CarepostError` of `connectionErrors`: refused, unreachable, timed out or not authorised. */
  connect(options: ConnectOptions, signal: AbortSignal): Promise<BrokerConnection>;
}

export interface ConnectOptions {
  readonly url: string;
  readonly clientId: string;
  /** `auto` tries MQTT 5 and falls back to 3.1.1 on a broker that refuses the version. */
  readonly protocol: "auto" | "5" | "3.1.1";
  readonly keepAliveS: number;
  readonly connectTimeoutMs: number;
  /**
   * How many messages of QoS 1 the broker may have sent us that we have not acknowledged (MQTT 5 Receive Maximum). With
   * MQTT 3.1.1, or left out, the broker's own bound counts.
   */
  readonly receiveMaximum?: number | undefined;
  readonly will?: OutgoingMessage;
  /** How to prove who we are over `mqtts://`, asked anew for each connection, because certificates are renewed. */
  readonly tls?: (() => TlsMaterial) | undefined;
  /** For brokers that want a name as well, and for those whose password is a token that expires. Asked anew each time. */
  readonly login?: (() => MqttLogin) | undefined;
  /** `kept` (MQTT 3.1.1, CleanSession 0): the broker holds what comes for us while we are away. Clean if not said. */
  readonly session?: "clean" | "kept" | undefined;
}

/** Texts in PEM. */
export interface TlsMaterial {
  /** The authorities that may have signed the peer's certificate; null for those that Node knows. */
  readonly ca: string | null;
  /** Our certificate, with those between it and the authority; null where the peer asks for none. */
  readonly cert: string | null;
  readonly key: string | null;
}

export interface MqttLogin {
  readonly username: string;
  readonly password: string | null;
}

export interface OutgoingMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** MQTT 5 only. */
  readonly contentType?: string;
}

export interface IncomingMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
}

/**
 * What takes the messages of a connection. Where it returns a promise, a message of QoS 1 is acknowledged to the broker
 * when the promise resolves, and never if it rejects; the messages after it do not wait for it. Where it returns
 * anything else, the message is acknowledged at once.
 */
export type MessageListener = (message: IncomingMessage) => unknown;

export interface BrokerConnection {
  readonly protocol: "5" | "3.1.1";
  /** How many unacknowledged publishes the broker bears (MQTT 5 Receive Maximum); 65,535 where it does not say. */
  readonly receiveMaximum: number;
  /** False where the broker says that it has no shared subscriptions (MQTT 5 §3.2.2.3.13); true proves nothing. */
  readonly sharedSubscriptions?: boolean;
  /**
   * Resolves when the broker has acknowledged (QoS 1) or the packet was handed to the network (QoS 0).
   * Rejects with `not-authorized`, `quota-exceeded`, `packet-too-large` or `connection-lost`. The caller keeps the
   * number of calls that are under way within its own window: nothing is queued here beyond the socket.
   */
  publish(message: OutgoingMessage): Promise<void>;
  /** Resolves when the broker has granted it. Rejects with `not-authorized` or `connection-lost`. */
  subscribe(filter: string, qos: 0 | 1): Promise<void>;
  /**
   * Resolves when the broker sends nothing more that only this filter covers. Rejects with `connection-lost`. Absent
   * where the peer has no such thing: then ending the connection has to do.
   */
  unsubscribe?(filter: string): Promise<void>;
  /** Called for every message, in order. Set once, before the first subscribe; it must not throw. */
  onMessage(listener: MessageListener): void;
  /** Resolves, once, when the connection is over, whoever ended it. Never rejects. */
  readonly closed: Promise<ConnectionEnd>;
  /** Sends DISCONNECT (so that no last will is published) and resolves when the socket is gone. Idempotent. */
  close(): Promise<void>;
  /** Cuts the socket at once, as a failure would. Idempotent. */
  destroy(): void;
}

export interface ConnectionEnd {
  readonly by: "us" | "peer" | "network";
  readonly reason: string;
}
