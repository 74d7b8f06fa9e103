import { randomUUID } from "node:crypto";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import {
  type CloudEvent,
  cloudEvent,
  openEnvelope,
  sourceOfGateway,
  sourceOfIngestor,
} from "../contract/cloud-event.ts";
import { type CommandResult, commandResult, type GatewayState, gatewayState } from "../contract/control.ts";
import type { EventReceipt, EventReceiptMessage, Receipt, ReceiptMessage } from "../contract/delivery.ts";
import type { TopicKind } from "../contract/topics.ts";
import { type BatchMessage, decodeText, parseJson, readBatchMessage, readingTexts } from "./batch-message.ts";
import type { Batcher, DeliveryOutcome } from "./batcher.ts";
import { eventIdentity, readEventMessage } from "./event-message.ts";
import { ingestErrors } from "./ingest-error.ts";
import { type Fate, receiptOf } from "./receipt-of.ts";
import { type Rejection, rejection } from "./rejection.ts";
import type { Delivery, EventDelivery, NewDeadLetter, Sink } from "./sink.ts";
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

/** Since the start of this process. `rejected` counts readings, `unusable` whole messages, `messages` batches and events. */
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
  /** Unique to this start of the program: with a counter it makes the ids of receipts. */
  readonly name?: string;
  /** Told of every state that is valid. */
  readonly onState?: ((gateway: string, state: GatewayState) => void) | undefined;
  /** Told of every command's result that is valid. */
  readonly onResult?: ((gateway: string, result: CommandResult) => void) | undefined;
  /** Told of every event that was new to the sink, after its commit. */
  readonly onEvent?: ((event: EventDelivery) => void) | undefined;
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
  readonly #source: string;
  #receipts = 0;

  constructor(ports: IngestorPorts) {
    this.#ports = ports;
    this.#source = sourceOfIngestor(ports.name ?? randomUUID());
  }

  batch(gateway: string, payload: Uint8Array): Promise<ReceiptMessage | null> {
    return this.#take(payload, async () => {
      const message = readBatchMessage(gateway, payload);
      const receipt = message.usable
        ? await this.#takeReadings(gateway, message, payload)
        : await this.#keepWhole(gateway, message, payload);
      return receipt === null || message.form === "plain" ? receipt : this.#seal(receipt, receipt.batch);
    });
  }

  event(gateway: string, payload: Uint8Array): Promise<EventReceiptMessage | null> {
    return this.#take(payload, async () => {
      const event = readEventMessage(gateway, payload);
      const fault = event.ok ? await this.#commitEvent(event.value) : event.error;
      if (fault !== null) {
        await this.#ports.sink.keepDeadLetters([this.#letter(gateway, fault, payload)]);
        this.counts.unusable += 1;
        this.#ports.log.warn("ingest-event-rejected", { gateway, code: fault.code });
      }
      return this.#eventReceipt(payload);
    });
  }

  state(gateway: string, payload: Uint8Array): void {
    const { data, code } = unwrap(gateway, "state", payload);
    const state = gatewayState.safeParse(data);
    if (!state.success || state.data.gateway !== gateway) {
      this.#ports.log.warn("ingest-state-invalid", { gateway, code });
      return;
    }
    this.#ports.onState?.(gateway, state.data);
    if (this.states.has(gateway) || this.states.size < gatewayStatesMax) {
      this.states.set(gateway, state.data);
    }
  }

  result(gateway: string, payload: Uint8Array): void {
    const { data, code } = unwrap(gateway, "results", payload);
    const result = commandResult.safeParse(data);
    if (!result.success) {
      this.#ports.log.warn("ingest-result-invalid", { gateway, code });
      return;
    }
    this.#ports.log.info("ingest-command-result", { gateway, outcome: result.data.outcome });
    this.#ports.onResult?.(gateway, result.data);
  }

  onCommitted(listener: (deliveries: readonly Delivery[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Does the work for one message as soon as there is room for it. */
  async #take<T>({ byteLength }: Uint8Array, work: () => Promise<T>): Promise<T> {
    await this.#room.take(byteLength);
    this.counts.messages += 1;
    try {
      return await work();
    } catch (error) {
      this.counts.failed += 1;
      throw error;
    } finally {
      this.#room.release(byteLength);
    }
  }

  /** Null once it is durable; a rejection if the sink will never take it. */
  async #commitEvent(event: EventDelivery): Promise<Rejection | null> {
    try {
      const [outcome] = await this.#ports.sink.commitEvents([event]);
      if (outcome === "stored") this.#ports.onEvent?.(event);
      return null;
    } catch (error) {
      if (!ingestErrors.is(error, "sink-data-refused")) throw error;
      return rejection("event-unstorable", "valid, but the sink cannot store it");
    }
  }

  #eventReceipt(payload: Uint8Array): EventReceiptMessage | null {
    const identity = eventIdentity(payload);
    if (identity === null) return null;
    const receipt: EventReceipt = { v: 1, events: [identity.id], at: Math.round(this.#ports.clock.now()) };
    return identity.form === "plain" ? receipt : this.#seal(receipt, identity.id);
  }

  #seal<Said extends { readonly at: number }>(receipt: Said, subject: string): CloudEvent<Said> {
    this.#receipts += 1;
    const id = this.#receipts.toString(36);
    return cloudEvent({ kind: "receipts", id, source: this.#source, at: receipt.at, subject }, receipt);
  }

  async #takeReadings(gateway: string, message: UsableMessage, payload: Uint8Array): Promise<Receipt> {
    const { verdicts } = message;
    const deliveries: Delivery[] = [];
    for (const verdict of verdicts) if (verdict.ok) deliveries.push(verdict.value);
    const outcomes = await this.#ports.batcher.submit(deliveries);
    let next = 0;
    const fates = verdicts.map((verdict) => (verdict.ok ? fateOf(outcomes[next++]) : verdict.error));
    await this.#keepRejected(gateway, message, { fates, payload });
    this.#tally(fates);
    this.#announce(deliveries, outcomes);
    return receiptOf(message.batch, fates, this.#ports.clock.now());
  }

  async #keepRejected(
    gateway: string,
    { form }: UsableMessage,
    { fates, payload }: { readonly fates: readonly Fate[]; readonly payload: Uint8Array },
  ): Promise<void> {
    if (fates.every((fate) => typeof fate === "string")) return;
    const text = decodeText(payload) ?? "";
    const texts = readingTexts(text, form);
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

  #announce(deliveries: readonly Delivery[], outcomes: readonly DeliveryOutcome[]): void {
    if (this.#listeners.size === 0) return;
    const stored = deliveries.filter((_, index) => outcomes[index] === "stored");
    if (stored.length === 0) return;
    for (const listener of this.#listeners) listener(stored);
  }
}

/** What is in a message that is kept nowhere if it is wrong. `code`: what is wrong before its data is looked at. */
function unwrap(
  gateway: string,
  kind: TopicKind,
  payload: Uint8Array,
): { readonly data: unknown; readonly code: string | null } {
  const parsed = parseJson(payload);
  if (!parsed.ok) return { data: null, code: parsed.error.code };
  const opened = openEnvelope(parsed.value, { kind, source: sourceOfGateway(gateway) });
  return opened.ok ? { data: opened.value.data, code: null } : { data: null, code: opened.error.code };
}

type UsableMessage = Extract<BatchMessage, { usable: true }>;
type UnusableMessage = Extract<BatchMessage, { usable: false }>;

function fateOf(outcome: DeliveryOutcome | undefined): Fate {
  if (outcome === "stored" || outcome === "duplicate") return outcome;
  return rejection("reading-unstorable", "valid, but the sink cannot store it");
}
