import type { BrokerConnection, OutgoingMessage } from "../mqtt/connection.ts";

/**
 * Keeps the messages that the broker has not acknowledged within what it bears (MQTT 5 §4.9), whoever sends them.
 * Control messages wait for a place and go before batches; whoever sends batches asks first whether there is one.
 */
export class PublishGate {
  readonly #connection: BrokerConnection;
  readonly #onFree: () => void;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;

  constructor(connection: BrokerConnection, onFree: () => void) {
    this.#connection = connection;
    this.#onFree = onFree;
  }

  /** Is there no place for a batch? One place is kept for control messages where the broker bears more than two. */
  get isFull(): boolean {
    const { receiveMaximum } = this.#connection;
    const places = receiveMaximum > 2 ? receiveMaximum - 1 : receiveMaximum;
    return this.#underWay >= places || this.#waiting.length > 0;
  }

  /** Publishes a batch. Call it only while the gate is not full. Rejects as `BrokerConnection.publish` does. */
  async publish(message: OutgoingMessage): Promise<void> {
    this.#underWay += 1;
    try {
      await this.#connection.publish(message);
    } finally {
      this.#leave();
    }
  }

  /** Publishes a control message as soon as there is a place. Rejects as `BrokerConnection.publish` does. */
  async publishControl(message: OutgoingMessage): Promise<void> {
    if (this.#underWay < this.#connection.receiveMaximum) {
      await this.publish(message);
      return;
    }
    const place = Promise.withResolvers<void>();
    this.#waiting.push(place.resolve);
    await place.promise;
    // The place was handed over, so it is counted already.
    try {
      await this.#connection.publish(message);
    } finally {
      this.#leave();
    }
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#underWay -= 1;
    else next();
    this.#onFree();
  }
}
