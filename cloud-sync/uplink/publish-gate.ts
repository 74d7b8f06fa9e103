import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { BrokerConnection, OutgoingMessage } from "../mqtt/connection.ts";

/**
 * Keeps the messages that the broker has not acknowledged within what it bears (MQTT 5 §4.9), whoever sends them.
 * Control messages wait for a place and go before batches; whoever sends batches asks first whether there is one.
 */
export class PublishGate {
  readonly #connection: BrokerConnection;
  readonly #clock: Clock;
  readonly #onFree: () => void;
  readonly #waiting: (() => void)[] = [];
  /** When each message that is under way was sent, the oldest first. */
  readonly #sentMs = new Map<OutgoingMessage, number>();
  #taken = 0;

  constructor(connection: BrokerConnection, clock: Clock, onFree: () => void) {
    this.#connection = connection;
    this.#clock = clock;
    this.#onFree = onFree;
  }

  /** Since when the broker owes us an acknowledgement; null while it owes none. */
  get owedSinceMs(): number | null {
    for (const sentMs of this.#sentMs.values()) return sentMs;
    return null;
  }

  /** Is there no place for a batch? One place is kept for control messages where the broker bears more than two. */
  get isFull(): boolean {
    const { receiveMaximum } = this.#connection;
    const places = receiveMaximum > 2 ? receiveMaximum - 1 : receiveMaximum;
    return this.#taken >= places || this.#waiting.length > 0;
  }

  /** Publishes a batch. Call it only while the gate is not full. Rejects as `BrokerConnection.publish` does. */
  async publish(message: OutgoingMessage): Promise<void> {
    this.#taken += 1;
    await this.#pass(message);
  }

  /** Publishes a control message as soon as there is a place. Rejects as `BrokerConnection.publish` does. */
  async publishControl(message: OutgoingMessage): Promise<void> {
    if (this.#taken < this.#connection.receiveMaximum) this.#taken += 1;
    else {
      // Whoever leaves hands the place over, so it stays taken.
      const place = Promise.withResolvers<void>();
      this.#waiting.push(place.resolve);
      await place.promise;
    }
    await this.#pass(message);
  }

  async #pass(message: OutgoingMessage): Promise<void> {
    this.#sentMs.set(message, this.#clock.monotonicMs());
    try {
      await this.#connection.publish(message);
    } finally {
      this.#sentMs.delete(message);
      this.#leave();
    }
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken -= 1;
    else next();
    this.#onFree();
  }
}
