import { messageBytesMax } from "./batch-message.ts";

/** What a peer of the embedded broker may use up. aedes itself bounds neither packets nor connections. */
export interface BrokerLimits {
  /**
   * CONNECT, and every packet that is not a PUBLISH. The largest CONNECT of the contract is a client id (64), a last
   * will's topic (90) and a state (some 600 bytes): this is twice that, and all that the unauthenticated can make us hold.
   */
  readonly controlBytesMax: number;
  /** A PUBLISH: the largest batch (61,440) with its envelope and topic, within 64 KiB. */
  readonly publishBytesMax: number;
  /**
   * What one connection may send, of any kind. A window of 256 batches that are answered within 20 ms comes to 12,800
   * publishes a second; a flood of two-octet pings comes to many times this.
   */
  readonly packetsPerSMax: number;
  /** From the accepted socket to a whole CONNECT. */
  readonly connectTimeoutMs: number;
  /** From the accepted socket to the end of the TLS handshake; the CONNECT has its own time after that. */
  readonly handshakeTimeoutMs: number;
  /** Handshakes cost 2 ms of a core each: what is beyond this is cut unanswered, so that those let in are still served. */
  readonly handshakesPerSMax: number;
  readonly connectionsMax: number;
  /** Connections that have not been let in yet: apart, so that those who never say who they are cannot take every place. */
  readonly pendingConnectionsMax: number;
  /** A longer keep-alive, or none, becomes this: a dead peer is found in 1.5 times it. */
  readonly keepAliveMaxS: number;
  /** A client id whose connection is younger is not taken over: see `client-registry.ts`. */
  readonly takeoverMinMs: number;
  /** What may wait in the socket of a gateway that does not read; then receipts for it are dropped. */
  readonly unreadBytesMax: number;
  /** A gateway that reads nothing for so long is disconnected. */
  readonly drainTimeoutMs: number;
  /** Gateways whose retained state is kept, where the broker runs alone. */
  readonly retainedStatesMax: number;
}

export const brokerLimits: BrokerLimits = {
  controlBytesMax: 2048,
  publishBytesMax: messageBytesMax,
  packetsPerSMax: 20_000,
  connectTimeoutMs: 10_000,
  handshakeTimeoutMs: 10_000,
  handshakesPerSMax: 200,
  connectionsMax: 2000,
  pendingConnectionsMax: 128,
  keepAliveMaxS: 1200,
  takeoverMinMs: 5000,
  unreadBytesMax: 262_144,
  drainTimeoutMs: 10_000,
  retainedStatesMax: 100_000,
};
