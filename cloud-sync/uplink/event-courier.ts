import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { connectionErrors } from "../mqtt/connection-error.ts";
import type { OutgoingMessage } from "../mqtt/connection.ts";
import { codeOf } from "./code-of.ts";
import type { Envelope } from "./envelope.ts";
import type { EventOutbox, OutboxEvent } from "./event-outbox.ts";
import { readEventReceipt } from "./receipts.ts";
import { RetrySchedule } from "./retry-schedule.ts";
import { Wakeup } from "./wakeup.ts";

export interface EventCourierPorts {
  readonly events: EventOutbox;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly envelope: Envelope;
}

export interface EventCourierRules {
  readonly topic: string;
  /** What ends the duty for an event: see `ForwarderTuning`. */
  readonly acknowledge: "receipt" | "puback";
  /** After the broker's acknowledgement, how long a receipt may take before the event is sent again. */
  readonly receiptTimeoutMs: number;
}

type Publish = (message: OutgoingMessage) => Promise<void>;

/** The event that is being delivered. */
interface Head {
  readonly id: string;
  isReceipted: boolean;
  sends: number;
  /** When the broker first had it; infinity before that. */
  handedMs: number;
}

/**
 * Delivers events one by one, in order: each has its receipt and is settled before the next is sent. One that has none
 * is sent again, at ever longer intervals. An ingestion end of before there were receipts for events is known by this:
 * it answers batches long after it was given an event again and again, and never answers an event. There the broker's
 * acknowledgement has to do.
 */
export class EventCourier {
  readonly #ports: EventCourierPorts;
  readonly #rules: EventCourierRules;
  readonly #added: Wakeup;
  readonly #answered: Wakeup;
  readonly #retries: RetrySchedule;
  readonly #silence: RetrySchedule;
  #head: Head | null = null;
  #answersEvents = false;
  #answeredBatchMs = -Infinity;

  constructor(ports: EventCourierPorts, rules: EventCourierRules) {
    const { clock, random } = ports;
    this.#ports = ports;
    this.#rules = rules;
    this.#added = new Wakeup(clock);
    this.#answered = new Wakeup(clock);
    this.#retries = new RetrySchedule({ firstDelayMaxMs: 1_000, delayMaxMs: 60_000 }, random);
    this.#silence = new RetrySchedule({ firstDelayMaxMs: 5_000, delayMaxMs: 900_000 }, random);
  }

  notify(): void {
    this.#added.notify();
  }

  /** Hears what came on `receipts`. False if it is not about events: then it is a sign that somebody answers batches. */
  receipt(payload: Uint8Array): boolean {
    const said = readEventReceipt(payload);
    if (said === null) {
      this.#answeredBatchMs = this.#ports.clock.monotonicMs();
      return false;
    }
    this.#answersEvents = true;
    if (this.#head === null || !said.events.includes(this.#head.id)) return true;
    this.#head.isReceipted = true;
    this.#answered.notify();
    return true;
  }

  /** Delivers until the signal is aborted, or rejects with `connection-lost`. All else is tried again. */
  async run(publish: Publish, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const sent = await this.#deliverSome(publish, signal);
        this.#retries.reset();
        if (!sent) await this.#added.wait(null, signal);
      } catch (error) {
        if (signal.aborted || connectionErrors.is(error, "connection-lost")) throw error;
        this.#ports.log.warn("event-not-delivered", { code: codeOf(error) });
        await this.#ports.clock.sleep(this.#retries.nextDelayMs(), signal);
      }
    }
  }

  async #deliverSome(publish: Publish, signal: AbortSignal): Promise<boolean> {
    const waiting = await this.#ports.events.events({ afterSeq: 0, eventsMax: 32 });
    for (const next of waiting) {
      while (!(await this.#deliver(next, publish, signal))) {
        this.#ports.log.debug("event-not-answered");
        await this.#wait(this.#silence.nextDelayMs(), signal);
      }
      await this.#ports.events.settleEvents([next.seq]);
      this.#head = null;
    }
    return waiting.length > 0;
  }

  /** Resolves with whether the duty for it is over. */
  async #deliver({ event }: OutboxEvent, publish: Publish, signal: AbortSignal): Promise<boolean> {
    const id = event.id.toLowerCase();
    if (this.#head?.id !== id) {
      this.#head = { id, isReceipted: false, sends: 0, handedMs: Infinity };
      this.#silence.reset();
    }
    const head = this.#head;
    if (head.isReceipted) return true;
    // Whether the clock was right when it happened is not known any more, so the time stands in the event alone.
    const message = this.#ports.envelope.seal("events", { id: event.id, at: null, subject: event.event.type }, event);
    await publish({ ...message, topic: this.#rules.topic, qos: 1, retain: false });
    if (this.#rules.acknowledge === "puback") return true;
    head.sends += 1;
    head.handedMs = Math.min(head.handedMs, this.#ports.clock.monotonicMs());
    await this.#wait(this.#rules.receiptTimeoutMs, signal);
    return head.isReceipted || this.#isUnanswerable(head);
  }

  async #wait(limitMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    const untilMs = clock.monotonicMs() + limitMs;
    for (
      let leftMs = limitMs;
      leftMs > 0 && this.#head?.isReceipted === false;
      leftMs = untilMs - clock.monotonicMs()
    ) {
      await this.#answered.wait(leftMs, signal);
    }
  }

  #isUnanswerable({ sends, handedMs }: Head): boolean {
    if (this.#answersEvents || sends < unansweredSendsMin) return false;
    return this.#answeredBatchMs - handedMs >= unansweredMs;
  }
}

/** So often, and so long before a batch was answered, an event has gone unanswered where nobody answers events. */
const unansweredSendsMin = 3;
const unansweredMs = 60_000;
