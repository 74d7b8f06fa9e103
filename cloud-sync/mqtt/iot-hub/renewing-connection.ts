import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { Log } from "../../../device-drivers/ports/log.ts";
import { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import type { BrokerConnection, ConnectionEnd, IncomingMessage, OutgoingMessage } from "../connection.ts";

/** A connection, and when it should be replaced by a fresh one; null if it may stay for ever. */
export interface OpenedConnection {
  readonly connection: BrokerConnection;
  readonly renewInMs: number | null;
}

export interface RenewalPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly open: (signal: AbortSignal) => Promise<OpenedConnection>;
}

/**
 * One connection for whoever uses it, and one network connection after the other beneath: a token's end must not be the
 * end of delivery. A hub lets one connection in for each device, so a renewal waits until nothing is under way, opens the
 * new connection, subscribes there to the same, and lets go of what was published meanwhile. Whatever goes wrong leaves
 * the old connection as it is, or ends this one like every lost connection.
 */
export class RenewingConnection implements BrokerConnection {
  readonly protocol: BrokerConnection["protocol"];
  readonly receiveMaximum: number;
  readonly closed: Promise<ConnectionEnd>;
  readonly #ports: RenewalPorts;
  readonly #over = new AbortController();
  readonly #filters = new Map<string, 0 | 1>();
  readonly #resolveClosed: (end: ConnectionEnd) => void;
  #current: BrokerConnection;
  #end: ConnectionEnd | null = null;
  #listener: ((message: IncomingMessage) => void) | null = null;
  #underWay = 0;
  #idle: (() => void) | null = null;
  /** While a renewal is under way: what publishes wait for. */
  #pause: Promise<void> | null = null;

  constructor(ports: RenewalPorts, { connection, renewInMs }: OpenedConnection) {
    this.#ports = ports;
    this.#current = connection;
    this.protocol = connection.protocol;
    this.receiveMaximum = connection.receiveMaximum;
    const closed = Promise.withResolvers<ConnectionEnd>();
    this.closed = closed.promise;
    this.#resolveClosed = closed.resolve;
    void this.#watch(connection);
    if (renewInMs !== null) void this.#keepFresh(renewInMs);
  }

  async publish(message: OutgoingMessage): Promise<void> {
    while (this.#pause !== null) await this.#pause;
    this.#underWay += 1;
    try {
      await this.#current.publish(message);
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#idle?.();
    }
  }

  async subscribe(filter: string, qos: 0 | 1): Promise<void> {
    while (this.#pause !== null) await this.#pause;
    await this.#current.subscribe(filter, qos);
    this.#filters.set(filter, qos);
  }

  onMessage(listener: (message: IncomingMessage) => void): void {
    this.#listener = listener;
    this.#current.onMessage(listener);
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#current.close();
    await this.closed;
  }

  destroy(): void {
    this.#over.abort();
    this.#current.destroy();
  }

  async #watch(connection: BrokerConnection): Promise<void> {
    const end = await connection.closed;
    if (connection !== this.#current) return;
    this.#end = end;
    if (this.#pause === null) this.#finish();
  }

  #finish(): void {
    if (this.#end === null) return;
    this.#over.abort();
    this.#resolveClosed(this.#end);
  }

  async #keepFresh(firstMs: number): Promise<void> {
    const { signal } = this.#over;
    let inMs: number | null = firstMs;
    try {
      while (inMs !== null) {
        await this.#ports.clock.sleep(inMs, signal);
        inMs = await this.#renew();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Resolves with when to do it again. */
  async #renew(): Promise<number | null> {
    const { log } = this.#ports;
    const resume = Promise.withResolvers<void>();
    this.#pause = resume.promise;
    const deadline = this.#deadline();
    try {
      await this.#quiet(deadline.signal);
      const next = await this.#replacement(deadline.signal);
      const old = this.#current;
      this.#current = next.connection;
      this.#end = null;
      void this.#watch(next.connection);
      void old.close();
      log.info("iot-hub-connection-renewed");
      return next.renewInMs;
    } catch (error) {
      log.warn("iot-hub-renewal-failed", { code: error instanceof CarepostError ? error.code : "timed-out" });
      return retryMs;
    } finally {
      deadline.cancel();
      this.#pause = null;
      resume.resolve();
      this.#finish();
    }
  }

  async #replacement(signal: AbortSignal): Promise<OpenedConnection> {
    const next = await this.#ports.open(signal);
    const giveUp = (): void => next.connection.destroy();
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      if (this.#listener !== null) next.connection.onMessage(this.#listener);
      for (const [filter, qos] of this.#filters) await next.connection.subscribe(filter, qos);
      signal.throwIfAborted();
      return next;
    } catch (error) {
      next.connection.destroy();
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  /** Waits until nothing is under way. */
  async #quiet(signal: AbortSignal): Promise<void> {
    if (this.#underWay === 0) return;
    const quiet = Promise.withResolvers<void>();
    const giveUp = (): void => quiet.reject(signal.reason);
    this.#idle = quiet.resolve;
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      await quiet.promise;
    } finally {
      this.#idle = null;
      signal.removeEventListener("abort", giveUp);
    }
  }

  #deadline(): { readonly signal: AbortSignal; cancel(): void } {
    const tooLate = new AbortController();
    const done = new AbortController();
    this.#ports.clock.sleep(renewalTimeoutMs, done.signal).then(
      () => tooLate.abort(),
      () => undefined,
    );
    return { signal: AbortSignal.any([this.#over.signal, tooLate.signal]), cancel: () => done.abort() };
  }
}

/** What is published meanwhile waits: shorter than the patience of whoever publishes. */
const renewalTimeoutMs = 12_000;
const retryMs = 15_000;
