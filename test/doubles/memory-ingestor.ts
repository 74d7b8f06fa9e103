import { gatewayEvent } from "../../cloud-sync/contract/control.ts";
import { batchEnvelope } from "../../cloud-sync/contract/delivery.ts";
import type { EventReceipt, Receipt } from "../../cloud-sync/contract/delivery.ts";
import { gatewayTopics, fleetFilter, parseTopic } from "../../cloud-sync/contract/topics.ts";
import type { MemoryBroker } from "../../cloud-sync/mqtt/memory-broker.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { messageData } from "../../cloud-sync/contract/message-data.ts";

/** An ingestion end in memory: it stores by number, answers with receipts, and errs as it is told to. */
export interface MemoryIngestor {
  /** How often each reading came, by its number. */
  readonly stored: ReadonlyMap<number, number>;
  readonly rejected: ReadonlySet<number>;
  /** How often each event came, by its id. */
  readonly events: ReadonlyMap<string, number>;
  /** The batches as they came, by id. */
  readonly batches: readonly { readonly id: string; readonly readings: readonly number[]; readonly atMs: number }[];
  /** Every receipt that was sent. */
  readonly receipts: readonly Receipt[];
  readonly behaviour: {
    /** While it is down nothing is stored and nothing is answered. */
    up: boolean;
    /** False for one of before there were receipts for events: it stores them, and says nothing. */
    answersEvents: boolean;
    /** Readings on which it dies: it stores and answers nothing of a batch that has one. */
    poison: (reading: number) => boolean;
    /** Readings that do not validate. */
    wrong: (reading: number) => boolean;
    /** What becomes of a receipt: the receipts that are sent in its place, each after a delay. */
    answer: (receipt: Receipt) => readonly { readonly receipt: Receipt; readonly delayMs: number }[];
  };
}

export function createMemoryIngestor(broker: MemoryBroker, clock: Clock): MemoryIngestor {
  const stored = new Map<number, number>();
  const rejected = new Set<number>();
  const events = new Map<string, number>();
  const batches: { id: string; readings: readonly number[]; atMs: number }[] = [];
  const receipts: Receipt[] = [];
  const behaviour: MemoryIngestor["behaviour"] = {
    up: true,
    answersEvents: true,
    poison: () => false,
    wrong: () => false,
    answer: (receipt) => [{ receipt, delayMs: 0 }],
  };

  const send = async (gateway: string, receipt: Receipt, delayMs: number): Promise<void> => {
    await clock.sleep(delayMs);
    receipts.push(receipt);
    const payload = Buffer.from(JSON.stringify(receipt));
    broker.publish({ topic: gatewayTopics(gateway).receipts, payload, qos: 1, retain: false });
  };

  broker.subscribe(fleetFilter("events"), ({ topic, payload }) => {
    const { gateway, id } = gatewayEvent.parse(messageData("events", payload));
    if (!behaviour.up || parseTopic(topic)?.gateway !== gateway) return;
    events.set(id, (events.get(id) ?? 0) + 1);
    const receipt: EventReceipt = { v: 1, events: [id], at: Math.round(clock.now()) };
    const answer = Buffer.from(JSON.stringify(receipt));
    if (!behaviour.answersEvents) return;
    broker.publish({ topic: gatewayTopics(gateway).receipts, payload: answer, qos: 1, retain: false });
  });

  broker.subscribe(fleetFilter("readings"), ({ topic, payload }) => {
    const gateway = parseTopic(topic)?.gateway ?? "";
    const { batch, readings } = batchEnvelope.parse(messageData("readings", payload));
    const numbers = readings.map(numberOf);
    batches.push({ id: batch, readings: numbers, atMs: clock.monotonicMs() });
    if (!behaviour.up || numbers.some((reading) => behaviour.poison(reading))) return;
    const fates = numbers.map((reading) => {
      if (behaviour.wrong(reading)) {
        rejected.add(reading);
        return "rejected";
      }
      stored.set(reading, (stored.get(reading) ?? 0) + 1);
      return stored.get(reading) === 1 ? "stored" : "duplicate";
    });
    const receipt: Receipt = {
      v: 1,
      batch,
      stored: positionsOf(fates, "stored"),
      duplicate: positionsOf(fates, "duplicate"),
      rejected: positionsOf(fates, "rejected").map(([position]) => ({ position, code: "wrong", reason: "no" })),
      at: Math.round(clock.now()),
    };
    for (const answer of behaviour.answer(receipt)) void send(gateway, answer.receipt, answer.delayMs);
  });
  return { stored, rejected, events, batches, receipts, behaviour };
}

/** A reading for these tests is an object with its number alone. */
export const readingText = (number: number, padding = 0): string =>
  JSON.stringify({ n: number, ...(padding > 0 ? { padding: "x".repeat(padding) } : {}) });

function numberOf(reading: unknown): number {
  if (typeof reading === "object" && reading !== null && "n" in reading && typeof reading.n === "number") {
    return reading.n;
  }
  throw new TypeError("not a reading of these tests");
}

const positionsOf = (fates: readonly string[], wanted: string): [number, number][] =>
  fates.flatMap((fate, position): [number, number][] => (fate === wanted ? [[position, position]] : []));
