import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { commandResult, gatewayEvent, type GatewayState, gatewayState } from "../contract/control.ts";
import type { Receipt } from "../contract/delivery.ts";
import { type BatchMessage, decodeText, parseJson, readBatchMessage } from "./batch-message.ts";
import type { Batcher, DeliveryOutcome } from "./batcher.ts";
import { elementTexts } from "./element-texts.ts";
import { type Fate, receiptOf } from "./receipt-of.ts";
import { type Rejection, rejection } from "./rejection.ts";
import type { Delivery, NewDeadLetter, Sink } from "./sink.ts";
import { createSlots } from "./slots.ts";
import type { SourceHandlers } from "./source.ts";

/**
 * The middle of `Source → Batcher → Sink`: says what is valid, has it committed, keeps what is wrong, and writes the
 * receipt. A receipt is made only of what is durable.
 */
export interface Ingestor {
  readonly handlers: SourceHandlers;
  /** Calls back with the readings of each message that were new to the sink, after their commit. Returns what ends it. */
  onCommitted(listener: (deliveries: readonly Delivery[]) => void): () => void;
  /** The last state of each gateway, as it announced it. */
  states(): ReadonlyMap<string, GatewayState>;
  counts(): IngestorCounts;
}

/** Since the start of this process. `rejected` counts readings, `unusable` whole messages. */
export interface IngestorCounts {
  readonly messages: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly unusable: number;
  readonly failed: number;
}

export interface IngestorPorts {
  readonly sink: Sink;
  readonly batcher: Batcher;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of every state that is valid. */
  readonly onState?: ((gateway: string, state: GatewayState) => void) | undefined;
}

/**
 * What is read and not yet committed, as it came; read, it takes some five times that. Beyond it messages wait unread,
 * and with them the connections that they came on.
 */
const messageBytesUnderWayMax = 8 * 2 ** 20;

/** One state is some 300 bytes: 30 MB. Beyond it states are not kept, which costs a page a line and no reading. */
const gatewayStatesMax = 100_000;

export function createIngestor(ports: IngestorPorts): Ingestor {
  const ingestor = new SinkIngestor(ports);
  return {
    handlers: {
      batch: (gateway, payload) => ingestor.batch(gateway, payload),
      event: (gateway, payload) => ingestor.event(gateway, payload),
      state: (gateway, payload) => ingestor.state(gateway, payload),
      result: (gateway, payload) => ingestor.result(gateway, payload),
    },
    onCommitted: (listener) => ingestor.onCommitted(listener),
    states: () => ingestor.states,
    counts: () => ({ ...ingestor.counts }),
  };
}

class SinkIngestor {
  readonly states = new Map<string, GatewayState>();
  readonly counts = { messages: 0, stored: 0, duplicates: 0, rejected: 0, unusable: 0, failed: 0 };
  readonly #ports: IngestorPorts;
  readonly #room = createSlots(messageBytesUnderWayMax);
  readonly #listeners = new Set<(deliveries: readonly Delivery[]) => void>();

  constructor(ports: IngestorPorts) {
    this.#ports = ports;
  }

  async batch(gateway: string, payload: Uint8Array): Promise<Receipt | null> {
    await this.#room.take(payload.byteLength);
    this.counts.messages += 1;
    try {
      const message = readBatchMessage(gateway, payload);
      return message.usable
        ? await this.#takeReadings(gateway, message, payload)
        : await this.#keepWhole(gateway, message, payload);
    } catch (error) {
      this.counts.failed += 1;
      throw error;
    } finally {
      this.#room.release(payload.byteLength);
    }
  }

  /** Nothing has a place for events yet, so each is kept, whole, where an operator can see it. */
  async event(gateway: string, payload: Uint8Array): Promise<void> {
    const parsed = parseJson(payload);
    const valid = parsed.ok && gatewayEvent.safeParse(parsed.value).success;
    const reason = valid
      ? rejection("event-unsupported", "no place for events yet")
      : rejection("event-invalid", "not an event of the contract");
    await this.#ports.sink.keepDeadLetters([this.#letter(gateway, reason, payload)]);
  }

  state(gateway: string, payload: Uint8Array): void {
    const parsed = parseJson(payload);
    const state = gatewayState.safeParse(parsed.ok ? parsed.value : null);
    if (!state.success || state.data.gateway !== gateway) {
      this.#ports.log.warn("ingest-state-invalid", { gateway });
      return;
    }
    this.#ports.onState?.(gateway, state.data);
    if (this.states.has(gateway) || this.states.size < gatewayStatesMax) {
      this.states.set(gateway, state.data);
    }
  }

  result(gateway: string, payload: Uint8Array): void {
    const parsed = parseJson(payload);
    const result = commandResult.safeParse(parsed.ok ? parsed.value : null);
    if (!result.success) this.#ports.log.warn("ingest-result-invalid", { gateway });
    else this.#ports.log.info("ingest-command-result", { gateway, outcome: result.data.outcome });
  }

  onCommitted(listener: (deliveries: readonly Delivery[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #takeReadings(gateway: string, message: UsableMessage, payload: Uint8Array): Promise<Receipt> {
    const { readings } = message;
    const deliveries = readings.flatMap((verdict) => (verdict.ok ? [{ gateway, reading: verdict.value }] : []));
    const outcomes = await this.#ports.batcher.submit(deliveries);
    let next = 0;
    const fates = readings.map((verdict) => (verdict.ok ? fateOf(outcomes[next++]) : verdict.error));
    await this.#keepRejected(gateway, fates, payload);
    this.#tally(fates);
    this.#announce(deliveries.filter((_, index) => outcomes[index] === "stored"));
    return receiptOf(message.batch, fates, this.#ports.clock.now());
  }

  async #keepRejected(gateway: string, fates: readonly Fate[], payload: Uint8Array): Promise<void> {
    if (fates.every((fate) => typeof fate === "string")) return;
    const text = decodeText(payload) ?? "";
    const texts = elementTexts(text, "readings") ?? [];
    const letters = fates.flatMap((fate, position) =>
      typeof fate === "string" ? [] : [this.#letter(gateway, fate, new TextEncoder().encode(texts[position] ?? text))],
    );
    await this.#ports.sink.keepDeadLetters(letters);
    this.#ports.log.warn("ingest-readings-rejected", { gateway, rejected: letters.length });
  }

  async #keepWhole(gateway: string, message: UnusableMessage, payload: Uint8Array): Promise<Receipt | null> {
    await this.#ports.sink.keepDeadLetters([this.#letter(gateway, message.rejection, payload)]);
    this.counts.unusable += 1;
    this.#ports.log.warn("ingest-message-rejected", { gateway, code: message.rejection.code });
    if (message.batch === null || message.positions === 0) return null;
    const fates = Array.from({ length: message.positions }, () => message.rejection);
    return receiptOf(message.batch, fates, this.#ports.clock.now());
  }

  #letter(gateway: string, { code, reason }: Rejection, payload: Uint8Array): NewDeadLetter {
    return { gateway, code, reason, payload, receivedAt: this.#ports.clock.now() };
  }

  #tally(fates: readonly Fate[]): void {
    for (const fate of fates) {
      if (fate === "stored") this.counts.stored += 1;
      else if (fate === "duplicate") this.counts.duplicates += 1;
      else this.counts.rejected += 1;
    }
  }

  #announce(deliveries: readonly Delivery[]): void {
    if (deliveries.length === 0) return;
    for (const listener of this.#listeners) listener(deliveries);
  }
}

type UsableMessage = Extract<BatchMessage, { usable: true }>;
type UnusableMessage = Extract<BatchMessage, { usable: false }>;

function fateOf(outcome: DeliveryOutcome | undefined): Fate {
  if (outcome === "stored" || outcome === "duplicate") return outcome;
  return rejection("reading-unstorable", "valid, but the sink cannot store it");
}
