import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import type { GatewayTopics } from "../contract/topics.ts";
import { connectionErrors } from "../mqtt/connection-error.ts";
import type { BrokerConnection, ConnectionEnd, IncomingMessage, OutgoingMessage } from "../mqtt/connection.ts";
import type { CommandDesk } from "./commands.ts";
import type { Delivery } from "./delivery.ts";
import type { Drain } from "./drain.ts";
import type { EventCourier } from "./event-courier.ts";
import { PublishGate } from "./publish-gate.ts";
import type { SettleBuffer } from "./settle-buffer.ts";
import type { StateReporter } from "./state.ts";
import { Wakeup } from "./wakeup.ts";

/** All that takes part in a connection and outlives it. */
export interface SessionParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly topics: GatewayTopics;
  readonly delivery: Delivery;
  readonly drain: Drain;
  readonly settle: SettleBuffer;
  readonly state: StateReporter;
  readonly desk: CommandDesk;
  readonly courier: EventCourier | null;
  readonly subscribeQos: 0 | 1;
  readonly answerTimeoutMs: number;
  readonly stopGraceMs: number;
}

/**
 * One connection from its CONNACK to its end: subscribe, tell the state, then drain, answer and listen until the
 * connection ends or `stop` is aborted. A stop lets what is under way arrive, says "offline" and leaves politely.
 */
export class Session {
  readonly #parts: SessionParts;
  readonly #connection: BrokerConnection;
  readonly #gate: PublishGate;
  readonly #over = new AbortController();
  /** Rings at each receipt, for a stop that waits for the last of them. */
  readonly #arrivals: Wakeup;

  constructor(parts: SessionParts, connection: BrokerConnection) {
    this.#parts = parts;
    this.#connection = connection;
    this.#gate = new PublishGate(connection, parts.clock, () => parts.drain.notify());
    this.#arrivals = new Wakeup(parts.clock);
  }

  /**
   * Resolves when the connection is over. Rejects with the broker's refusal of what the session cannot do without, and
   * with whatever nobody foresaw.
   */
  async run(stop: AbortSignal): Promise<ConnectionEnd> {
    const { delivery } = this.#parts;
    this.#connection.onMessage((message) => this.#hear(message));
    let work: Promise<unknown> = Promise.resolve();
    try {
      await this.#subscribe(stop);
      work = Promise.all(this.#start());
      work.catch(() => undefined);
      await this.#untilOverOr(stop);
      this.#over.abort();
      await work;
      if (stop.aborted) await this.#leave();
    } finally {
      this.#over.abort();
      await this.#connection.close();
      await Promise.allSettled([work]);
      delivery.connectionEnded();
    }
    return await this.#connection.closed;
  }

  /** A stop need not wait for a broker that does not answer: nothing is under way yet. */
  async #subscribe(stop: AbortSignal): Promise<void> {
    const { clock, topics, subscribeQos, stopGraceMs } = this.#parts;
    const subscribed = new AbortController();
    const leaveSoon = (): void => {
      void clock.sleep(stopGraceMs, subscribed.signal).then(
        () => this.#connection.destroy(),
        () => undefined,
      );
    };
    stop.addEventListener("abort", leaveSoon, { once: true });
    if (stop.aborted) leaveSoon();
    try {
      // Receipts first: a batch that is sent before would be answered to nobody.
      await this.#inTime(this.#connection.subscribe(topics.receipts, subscribeQos));
      await this.#inTime(this.#connection.subscribe(topics.commands, subscribeQos));
    } finally {
      stop.removeEventListener("abort", leaveSoon);
      subscribed.abort();
    }
  }

  #start(): readonly Promise<void>[] {
    const { topics, drain, state, desk, courier } = this.#parts;
    const { signal } = this.#over;
    const link = { gate: this.#gate, topic: topics.readings, cut: () => this.#connection.destroy() };
    const publish = (message: OutgoingMessage): Promise<void> => orAborted(this.#gate.publishControl(message), signal);
    return [
      this.#guard(state.run(publish, signal)),
      this.#guard(drain.run(link, signal)),
      this.#guard(desk.report(publish, signal)),
      ...(courier === null ? [] : [this.#guard(courier.run(publish, signal))]),
    ];
  }

  #hear(message: IncomingMessage): void {
    const { topics, delivery, drain, desk, courier } = this.#parts;
    if (message.topic === topics.receipts) {
      if (courier?.receipt(message.payload) === true) return;
      delivery.receipt(message.payload);
      drain.notify();
      this.#arrivals.notify();
    } else if (message.topic === topics.commands) desk.receive(message);
  }

  /** A part ends with the connection. What it fails with otherwise is a fault of the program, and ends the connection. */
  async #guard(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (this.#over.signal.aborted || connectionErrors.is(error, "connection-lost")) return;
      this.#connection.destroy();
      throw error;
    }
  }

  /** Ends the connection if the broker does not answer in time: it is no use then, however open it is. */
  async #inTime(work: Promise<void>, limitMs = this.#parts.answerTimeoutMs): Promise<void> {
    const answered = new AbortController();
    const impatience = this.#parts.clock.sleep(limitMs, answered.signal).then(
      () => this.#connection.destroy(),
      () => undefined,
    );
    try {
      await work;
    } finally {
      answered.abort();
      await impatience;
    }
  }

  async #untilOverOr(stop: AbortSignal): Promise<void> {
    const stopped = Promise.withResolvers<void>();
    const onAbort = (): void => stopped.resolve();
    stop.addEventListener("abort", onAbort, { once: true });
    if (stop.aborted) onAbort();
    await Promise.race([this.#connection.closed, stopped.promise]);
    stop.removeEventListener("abort", onAbort);
  }

  async #leave(): Promise<void> {
    const { clock, delivery, settle, state, stopGraceMs } = this.#parts;
    const endMs = clock.monotonicMs() + stopGraceMs;
    const { signal } = new AbortController();
    for (;;) {
      const leftMs = endMs - clock.monotonicMs();
      if (delivery.window.batches === 0 || leftMs <= 0) break;
      await this.#arrivals.wait(leftMs, signal);
    }
    await settle.flush();
    try {
      await this.#inTime(this.#gate.publishControl(state.offline()), stopGraceMs);
    } catch {
      // The last will says the same.
    }
  }
}

/** Waits for the work no longer than until the signal is aborted. */
async function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
