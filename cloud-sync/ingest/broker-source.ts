import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { EncodedMessage } from "../contract/cloud-event.ts";
import { gatewayTopics } from "../contract/topics.ts";
import { connectionErrors } from "../mqtt/connection-error.ts";
import type { BrokerConnection, ConnectOptions, Connector } from "../mqtt/connection.ts";
import { BrokerIntake, type BrokerSession, publishInTurn } from "./broker-intake.ts";
import { Canaries } from "./canaries.ts";
import {
  joinGroup,
  leaveGroup,
  sharesNothing,
  type ShareWish,
  subscribeToFleet,
  whyNotShared,
} from "./fleet-subscription.ts";
import { ingestErrors } from "./ingest-error.ts";
import { createSlots } from "./slots.ts";
import type { Source, SourceHandlers } from "./source.ts";

/**
 * A source that is a client of any MQTT broker. The broker's acknowledgements mean nothing to a gateway: what counts is
 * the receipt. So a message may be dropped at any moment, and the gateway sends it again. In a group of ingestors that
 * share the messages, each is acknowledged to the broker after its commit, many at a time.
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
  /** Shares the messages with other ingestors over the same sink. Left out: this one takes every message. */
  readonly share?: ShareWish | undefined;
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
  /** In a group: one that is frozen holds its share of the messages until the broker misses it, after half as long again. */
  readonly sharedKeepAliveS: number;
  /** In a group: how long after a message could not be committed the connection is ended. */
  readonly giveBackAfterMs: number;
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
  sharedKeepAliveS: 5,
  giveBackAfterMs: 5000,
  retryFirstMs: 500,
  retryMaxMs: 30_000,
  stableMs: 60_000,
};

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
  readonly #stop = new AbortController();
  #intake: BrokerIntake | null = null;
  #connection: BrokerConnection | null = null;
  #session: BrokerSession | null = null;
  #stopping: Promise<void> | null = null;
  #lostWhileSharing = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(ports: BrokerSourcePorts, options: BrokerSourceOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#limits = options.limits ?? brokerSourceLimits;
  }

  async start(handlers: SourceHandlers): Promise<void> {
    const { clock, log } = this.#ports;
    const { messagesUnderWayMax, giveBackAfterMs } = this.#limits;
    const stop = this.#stop.signal;
    const intake = new BrokerIntake({ handlers, clock, log, messagesUnderWayMax, giveBackAfterMs, stop });
    this.#intake = intake;
    const first = await this.#open(intake).catch((error: unknown) => this.#bearable(error));
    this.#running = this.#run(intake, first);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  async #end(): Promise<void> {
    await this.#leaveGroup();
    this.#stop.abort(ingestErrors.make("ingest-stopped", "the ingestor is stopping"));
    await this.#intake?.settled();
    await this.#connection?.close();
    await this.#running;
  }

  /** What a broker has given to a member that then goes, it may give to nobody else. */
  async #leaveGroup(): Promise<void> {
    const session = this.#session;
    if (this.#connection === null || session === null || session.group === null) return;
    const left = new AbortController();
    const impatience = this.#ports.clock.sleep(leaveTimeoutMs, left.signal).catch(() => undefined);
    await Promise.race([leaveGroup(session, session.group).catch(() => undefined), impatience]);
    left.abort();
  }

  async command(gateway: string, message: EncodedMessage): Promise<boolean> {
    const session = this.#session;
    if (session === null || this.#connection !== session.connection || this.#stop.signal.aborted) return false;
    const { commands: topic } = gatewayTopics(gateway);
    return await publishInTurn(session, { ...message, topic, qos: 1, retain: false });
  }

  status(): BrokerSourceStatus {
    return { connected: this.#connection !== null, shed: this.#intake?.shed ?? 0 };
  }

  /** Null for a failure that may pass by itself; throws any other. */
  #bearable(error: unknown): null {
    const passes = error instanceof CarepostError && error.recovery === "retry";
    if (!passes || (ingestErrors.is(error) && error.code !== "share-group-silent")) throw error;
    this.#ports.log.warn("ingest-broker-away", { code: error.code });
    return null;
  }

  async #run(intake: BrokerIntake, first: BrokerConnection | null): Promise<void> {
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
      connection = await this.#reopen(intake, failures);
      failures += 1;
    }
    await connection?.close();
  }

  /** Waits, then tries once. Null if it failed or the source is stopping. */
  async #reopen(intake: BrokerIntake, failures: number): Promise<BrokerConnection | null> {
    const { retryFirstMs, retryMaxMs } = this.#limits;
    const waitMs = this.#ports.random() * Math.min(retryMaxMs, retryFirstMs * 2 ** Math.min(failures, 16));
    try {
      await this.#ports.clock.sleep(waitMs, this.#stop.signal);
      return await this.#open(intake);
    } catch (error) {
      if (this.#stop.signal.aborted) return null;
      const code = error instanceof CarepostError ? error.code : "unknown";
      this.#ports.log.warn("ingest-broker-away", { code });
      return null;
    }
  }

  async #open(intake: BrokerIntake): Promise<BrokerConnection> {
    const { url, clientId, protocol, tls, share } = this.#options;
    const { sharedKeepAliveS, keepAliveS, connectTimeoutMs, messagesUnderWayMax, canaryTimeoutMs } = this.#limits;
    const { connector, clock, random } = this.#ports;
    const keepAlive = share === undefined ? keepAliveS : sharedKeepAliveS;
    const options = { url, clientId, protocol, connectTimeoutMs, tls, keepAliveS: keepAlive };
    const connection = await connector.connect({ ...options, receiveMaximum: messagesUnderWayMax }, this.#stop.signal);
    const session: BrokerSession = {
      connection,
      clientId,
      canaryTimeoutMs,
      slots: createSlots(Math.min(this.#limits.receiptsUnderWayMax, connection.receiveMaximum)),
      canaries: new Canaries({ connection, clock, random, signal: this.#stop.signal }),
      group: null,
      givesBack: false,
      notCommitted: 0,
    };
    try {
      connection.onMessage((message) => intake.take(session, message));
      session.group = await this.#groupFor(session);
      if (session.group === null) await subscribeToFleet(session);
      else await joinGroup(session, session.group);
      this.#ports.log.info("ingest-broker-connected", { protocol: connection.protocol, group: session.group });
    } catch (error) {
      connection.destroy();
      throw error;
    }
    this.#connection = connection;
    this.#session = session;
    return connection;
  }

  /** The group to join; null if this ingestor takes every message. */
  async #groupFor(session: BrokerSession): Promise<string | null> {
    const { share } = this.#options;
    if (share === undefined) return null;
    let reason: string | null = "the broker ends the connection at a shared subscription";
    try {
      if (this.#lostWhileSharing < lostWhileSharingMax) reason = await whyNotShared(session, share);
    } catch (error) {
      // Once may be chance. What is still wrong after the second time is found out anew with the next connection.
      if (connectionErrors.is(error, "connection-lost")) this.#lostWhileSharing += 1;
      throw error;
    }
    this.#lostWhileSharing = 0;
    if (reason === null) return share.group;
    if (share.required) throw sharesNothing(reason);
    this.#ports.log.warn("ingest-not-shared", { reason });
    return null;
  }
}

const leaveTimeoutMs = 2000;

/** How often the connection may be lost at a shared subscription before it counts as the broker's answer. */
const lostWhileSharingMax = 2;
