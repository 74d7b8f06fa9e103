import type { JsMsg } from "@nats-io/jetstream";
import { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import type { Log } from "../../../device-drivers/ports/log.ts";
import type { EncodedMessage } from "../../contract/cloud-event.ts";
import { gatewayTopics } from "../../contract/topics.ts";
import type { BrokerSource, BrokerSourceStatus } from "../broker-source.ts";
import { ingestErrors } from "../ingest-error.ts";
import type { SourceHandlers } from "../source.ts";
import { type FleetEar, openFleetEar } from "./fleet-ear.ts";
import { Intake, type IntakeLimits } from "./intake.ts";
import {
  type NatsAddress,
  type NatsSession,
  openSession,
  pullUntil,
  type SessionPorts,
  type SessionTimes,
} from "./nats-session.ts";
import { subjectOfTopic } from "./subject.ts";

export interface NatsSourcePorts extends SessionPorts {
  readonly log: Log;
}

export interface NatsSourceOptions extends NatsAddress {
  readonly limits?: Partial<NatsSourceLimits>;
}

export interface NatsSourceLimits extends IntakeLimits, SessionTimes {
  /**
   * Fetches that are under way at a time, each of a hundred messages and of so many bytes at most: of fewer messages
   * where the server takes large ones (`max_payload`). They come on top of what is under way.
   */
  readonly fetchesMax: number;
  readonly fetchBytesMax: number;
  /** Reconnection waits a random time below this, doubled for each failure, up to the second. */
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
  /** A connection that lasted so long starts the doubling anew. */
  readonly stableMs: number;
}

const natsSourceLimits: NatsSourceLimits = {
  messagesUnderWayMax: 512,
  bytesUnderWayMax: 8_388_608,
  fetchesMax: 3,
  fetchBytesMax: 16_777_216,
  signOfLifeMs: 4000,
  holdMaxMs: 60_000,
  againAfterMs: 5000,
  connectTimeoutMs: 5000,
  readyTimeoutMs: 15_000,
  canaryTimeoutMs: 20_000,
  retryFirstMs: 500,
  retryMaxMs: 15_000,
  stableMs: 60_000,
};

/**
 * Takes what gateways publish to the MQTT listener of NATS out of the stream in which the server stores it before it
 * sends the PUBACK. All ingestors share one consumer: a message that one of them does not acknowledge goes to another.
 *
 * `start` makes the first attempt and resolves after it, also if NATS is away: then it is tried again for ever. It
 * rejects with `broker-unfit` or `nats-url-invalid`, where trying again would not help.
 */
export const natsSource = (ports: NatsSourcePorts, options: NatsSourceOptions): BrokerSource =>
  new PullingSource(ports, options);

class PullingSource implements BrokerSource {
  readonly #ports: NatsSourcePorts;
  readonly #address: NatsAddress;
  readonly #limits: NatsSourceLimits;
  readonly #stop = new AbortController();
  #session: NatsSession | null = null;
  #hadDurable = false;
  #running: Promise<void> = Promise.resolve();

  constructor(ports: NatsSourcePorts, { limits, ...address }: NatsSourceOptions) {
    this.#ports = ports;
    this.#address = address;
    this.#limits = { ...natsSourceLimits, ...limits };
  }

  async start(handlers: SourceHandlers): Promise<void> {
    const { clock, random, log } = this.#ports;
    const reply = (gateway: string, payload: Uint8Array): void => {
      // A receipt that is lost costs a resend, which is answered "duplicate".
      if (!this.#publish(gatewayTopics(gateway).receipts, payload)) log.debug("ingest-receipt-lost", { gateway });
    };
    const intake = new Intake({ handlers, clock, random, log, reply }, this.#limits);
    const first = await this.#open(intake).catch((error: unknown) => this.#bearable(error));
    this.#running = this.#runAlive(intake, first);
  }

  async stop(): Promise<void> {
    if (!this.#stop.signal.aborted) {
      this.#stop.abort(ingestErrors.make("ingest-stopped", "the ingestor is stopping"));
    }
    await this.#running;
  }

  async command(gateway: string, { payload }: EncodedMessage): Promise<boolean> {
    return this.#publish(gatewayTopics(gateway).commands, payload);
  }

  status(): BrokerSourceStatus {
    return { connected: this.#session !== null, shed: 0 };
  }

  /** Null for a failure that may pass by itself; throws any other. */
  #bearable(error: unknown): null {
    const passes = error instanceof CarepostError && error.recovery === "retry" && !ingestErrors.is(error);
    if (!passes) throw error;
    this.#ports.log.warn("ingest-broker-away", { code: error.code });
    return null;
  }

  async #runAlive(intake: Intake, first: Open | null): Promise<void> {
    const alive = new AbortController();
    const keptAlive = intake.keepAlive(alive.signal);
    await this.#run(intake, first);
    alive.abort();
    await keptAlive;
  }

  async #run(intake: Intake, first: Open | null): Promise<void> {
    const { clock, log } = this.#ports;
    let open = first;
    let failures = first === null ? 1 : 0;
    while (!this.#stop.signal.aborted) {
      if (open !== null) {
        const openedMs = clock.monotonicMs();
        await open.ended;
        if (clock.monotonicMs() - openedMs >= this.#limits.stableMs) failures = 0;
        if (this.#stop.signal.aborted) break;
        log.warn("ingest-broker-lost", { by: "network" });
        await this.#close();
      }
      open = await this.#reopen(intake, failures);
      failures += 1;
    }
    await open?.ended;
    await intake.settled();
    await this.#close();
  }

  /** Waits, then tries once. Null if it failed or the source is stopping. */
  async #reopen(intake: Intake, failures: number): Promise<Open | null> {
    const { clock, random, log } = this.#ports;
    const { retryFirstMs, retryMaxMs } = this.#limits;
    const waitMs = random() * Math.min(retryMaxMs, retryFirstMs * 2 ** Math.min(failures, 16));
    try {
      await clock.sleep(waitMs, this.#stop.signal);
      return await this.#open(intake);
    } catch (error) {
      if (this.#stop.signal.aborted) return null;
      log.warn("ingest-broker-away", { code: error instanceof CarepostError ? error.code : "unknown" });
      return null;
    }
  }

  /** Connects, pulls, and resolves when the canary has come through. */
  async #open(intake: Intake): Promise<Open> {
    const { signal } = this.#stop;
    const { session, prove } = await openSession(this.#ports, { address: this.#address, times: this.#limits }, signal);
    this.#session = session;
    const ear = openFleetEar(session.connection, { hear: intake.hear.bind(intake), log: this.#ports.log });
    const ended = this.#pull(session, intake, ear);
    try {
      await prove(signal);
      await ear.rely(session.manager);
    } catch (error) {
      await this.#close();
      await ended;
      throw error;
    }
    this.#tell(session);
    return { ended };
  }

  #tell({ durable }: NatsSession): void {
    const { log } = this.#ports;
    log.info("ingest-broker-connected", { protocol: "nats" });
    if (durable === "created" && this.#hadDurable) log.warn("ingest-consumer-lost");
    else if (durable === "created") log.info("ingest-consumer-created");
    this.#hadDurable = true;
  }

  /** Resolves when the session is of no more use, or the source stops. */
  async #pull(session: NatsSession, intake: Intake, ear: FleetEar): Promise<void> {
    const { clock } = this.#ports;
    const { fetchesMax, fetchBytesMax } = this.#limits;
    const over = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, over.signal]);
    const options = {
      clock,
      fetchBytesMax,
      room: () => intake.room(signal),
      take: (message: JsMsg) => intake.take(message, ear.covers(message)),
    };
    void session.connection.closed().then(() => over.abort());
    const fetches = Array.from({ length: fetchesMax }, () => pullUntil(session, options, signal));
    // The first that ends ends the others.
    await Promise.race(fetches).catch(() => undefined);
    over.abort();
    await Promise.allSettled(fetches);
  }

  /** What is still to be said is said first: acknowledgements and receipts of the last commits. */
  async #close(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    if (session === null || session.connection.isClosed()) return;
    const timer = new AbortController();
    const patience = this.#ports.clock.sleep(farewellMs, timer.signal).catch(() => undefined);
    await Promise.race([session.connection.drain().catch(() => undefined), patience]);
    timer.abort();
    await session.connection.close();
  }

  /** To whoever is subscribed at the moment, at QoS 0. False without a connection. */
  #publish(topic: string, payload: Uint8Array): boolean {
    const connection = this.#session?.connection;
    if (connection === undefined) return false;
    try {
      connection.publish(subjectOfTopic(topic), payload);
      return true;
    } catch {
      return false;
    }
  }
}

/** How long a server that does not answer any more may hold up an end. */
const farewellMs = 2000;

interface Open {
  readonly ended: Promise<void>;
}
