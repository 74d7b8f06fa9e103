import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { connectionErrors } from "../mqtt/connection-error.ts";
import type { OutgoingMessage } from "../mqtt/connection.ts";
import { codeOf } from "./code-of.ts";
import type { Envelope } from "./envelope.ts";
import type { EventOutbox } from "./event-outbox.ts";
import { RetrySchedule } from "./retry-schedule.ts";
import { Wakeup } from "./wakeup.ts";

export interface EventCourierPorts {
  readonly events: EventOutbox;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly envelope: Envelope;
}

/** Delivers events one by one, in order: each is acknowledged and settled before the next is sent. */
export class EventCourier {
  readonly #ports: EventCourierPorts;
  readonly #topic: string;
  readonly #wakeup: Wakeup;
  readonly #retries: RetrySchedule;

  constructor(ports: EventCourierPorts, topic: string) {
    this.#ports = ports;
    this.#topic = topic;
    this.#wakeup = new Wakeup(ports.clock);
    this.#retries = new RetrySchedule({ firstDelayMaxMs: 1_000, delayMaxMs: 60_000 }, ports.random);
  }

  notify(): void {
    this.#wakeup.notify();
  }

  /** Delivers until the signal is aborted, or rejects with `connection-lost`. All else is tried again. */
  async run(publish: (message: OutgoingMessage) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const sent = await this.#deliverSome(publish);
        this.#retries.reset();
        if (!sent) await this.#wakeup.wait(null, signal);
      } catch (error) {
        if (signal.aborted || connectionErrors.is(error, "connection-lost")) throw error;
        this.#ports.log.warn("event-not-delivered", { code: codeOf(error) });
        await this.#ports.clock.sleep(this.#retries.nextDelayMs(), signal);
      }
    }
  }

  async #deliverSome(publish: (message: OutgoingMessage) => Promise<void>): Promise<boolean> {
    const waiting = await this.#ports.events.events({ afterSeq: 0, eventsMax: 32 });
    for (const { seq, event } of waiting) {
      // Whether the clock was right when it happened is not known any more, so the time stands in the event alone.
      const message = this.#ports.envelope.seal("events", { id: event.id, at: null, subject: event.event.type }, event);
      await publish({ ...message, topic: this.#topic, qos: 1, retain: false });
      await this.#ports.events.settleEvents([seq]);
    }
    return waiting.length > 0;
  }
}
