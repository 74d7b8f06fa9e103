import type { Clock } from "../../device-drivers/ports/clock.ts";
import { ingestErrors } from "./ingest-error.ts";
import type { CommitOutcome, Delivery, Sink } from "./sink.ts";

/**
 * Groups the readings of many messages into one commit. When the sink is idle a message goes at once, so that a single
 * reading pays for one commit and no waiting; while it is busy, messages gather and share the next.
 */
export interface Batcher {
  /**
   * Resolves with what became of each reading, in order, when it is durable. Rejects with the sink's error if the sink
   * could not commit; then the message must come again. The caller bounds what it submits: nothing is refused here.
   */
  submit(deliveries: readonly Delivery[]): Promise<readonly DeliveryOutcome[]>;
  /** Resolves when nothing is queued or under way any more. Whatever is submitted afterwards is refused. */
  drain(): Promise<void>;
}

/** `refused`: the sink cannot store this one reading, whatever is done; all others are unharmed. */
export type DeliveryOutcome = CommitOutcome | "refused";

export interface BatcherLimits {
  readonly groupReadingsMax: number;
  /** How long a second group gathers while a first one is being committed. */
  readonly lingerMs: number;
  readonly commitsUnderWayMax: number;
}

/** A file is written and flushed once for a group, so a sink that lags behind gains by larger ones: 2,000 are 2 MB. */
export const batcherLimits: BatcherLimits = {
  groupReadingsMax: 2_000,
  lingerMs: 4,
  commitsUnderWayMax: 2,
};

/**
 * A database that is elsewhere lets a commit wait for network, disk and standby: one more fills the pause. Several
 * ingestors write to it, so a transaction stays short.
 */
export const sharedBatcherLimits: BatcherLimits = { ...batcherLimits, groupReadingsMax: 500, commitsUnderWayMax: 3 };

export const createBatcher = (sink: Sink, clock: Clock, limits: BatcherLimits = batcherLimits): Batcher =>
  new SinkBatcher(sink, clock, limits);

interface Message {
  readonly deliveries: readonly Delivery[];
  readonly resolve: (outcomes: readonly DeliveryOutcome[]) => void;
  readonly reject: (error: unknown) => void;
}

class SinkBatcher implements Batcher {
  readonly #sink: Sink;
  readonly #clock: Clock;
  readonly #limits: BatcherLimits;
  #queue: Message[] = [];
  #queuedReadings = 0;
  #underWay = 0;
  #wakeUpPlanned = false;
  #lingering = false;
  #closed = false;
  #changed = signal();

  constructor(sink: Sink, clock: Clock, limits: BatcherLimits) {
    this.#sink = sink;
    this.#clock = clock;
    this.#limits = limits;
  }

  async submit(deliveries: readonly Delivery[]): Promise<readonly DeliveryOutcome[]> {
    if (deliveries.length === 0) return [];
    if (this.#closed) throw ingestErrors.make("ingest-stopped", "the ingestor is stopping");
    const { promise, resolve, reject } = Promise.withResolvers<readonly DeliveryOutcome[]>();
    this.#queue.push({ deliveries, resolve, reject });
    this.#queuedReadings += deliveries.length;
    this.#planWakeUp();
    return promise;
  }

  async drain(): Promise<void> {
    this.#closed = true;
    while (this.#queue.length > 0 || this.#underWay > 0) await this.#changed.promise;
  }

  /** A microtask later, so that all messages of one network read share the first group. */
  #planWakeUp(): void {
    if (this.#wakeUpPlanned) return;
    this.#wakeUpPlanned = true;
    queueMicrotask(() => {
      this.#wakeUpPlanned = false;
      this.#wakeUp();
    });
  }

  #wakeUp(): void {
    while (this.#queue.length > 0 && this.#underWay < this.#limits.commitsUnderWayMax) {
      const full = this.#queuedReadings >= this.#limits.groupReadingsMax;
      if (this.#underWay > 0 && !full) {
        void this.#linger();
        return;
      }
      void this.#run(this.#takeGroup());
    }
  }

  async #linger(): Promise<void> {
    if (this.#lingering) return;
    this.#lingering = true;
    await this.#clock.sleep(this.#limits.lingerMs);
    this.#lingering = false;
    if (this.#queue.length > 0 && this.#underWay < this.#limits.commitsUnderWayMax) void this.#run(this.#takeGroup());
  }

  /** Whole messages, as many as fit, at least one: a message is never divided between two commits. */
  #takeGroup(): readonly Message[] {
    let readings = 0;
    let count = 0;
    for (const { deliveries } of this.#queue) {
      if (count > 0 && readings + deliveries.length > this.#limits.groupReadingsMax) break;
      readings += deliveries.length;
      count += 1;
    }
    this.#queuedReadings -= readings;
    return this.#queue.splice(0, count);
  }

  async #run(group: readonly Message[]): Promise<void> {
    this.#underWay += 1;
    await this.#commit(group);
    this.#underWay -= 1;
    this.#announce();
    this.#wakeUp();
  }

  async #commit(group: readonly Message[]): Promise<void> {
    try {
      const outcomes = await commitOnce(
        this.#sink,
        group.flatMap(({ deliveries }) => deliveries),
      );
      let from = 0;
      for (const { deliveries, resolve } of group) {
        resolve(outcomes.slice(from, from + deliveries.length));
        from += deliveries.length;
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  /** Wakes whoever waits for the end. */
  #announce(): void {
    const { resolve } = this.#changed;
    this.#changed = signal();
    resolve();
  }
}

/** Commits each reading id once, at its highest revision, and gives every delivery its outcome. */
async function commitOnce(sink: Sink, deliveries: readonly Delivery[]): Promise<readonly DeliveryOutcome[]> {
  const chosen = new Map<string, Delivery>();
  for (const delivery of deliveries) {
    const { id, revision } = keyOf(delivery);
    const other = chosen.get(id);
    if (other === undefined || revision > keyOf(other).revision) chosen.set(id, delivery);
  }
  if (chosen.size === deliveries.length) return await commitDividing(sink, deliveries);
  const unique = [...chosen.values()];
  const outcomes = await commitDividing(sink, unique);
  const outcomeOf = new Map(unique.map((delivery, index) => [delivery, outcomes[index] ?? "refused"]));
  return deliveries.map((delivery) => {
    const chosenOne = chosen.get(keyOf(delivery).id);
    const outcome = chosenOne === undefined ? undefined : outcomeOf.get(chosenOne);
    if (chosenOne === delivery || outcome === "refused") return outcome ?? "refused";
    return "duplicate";
  });
}

const keyOf = (delivery: Delivery): { readonly id: string; readonly revision: number } =>
  delivery.record ?? delivery.reading;

/** Halves a group that the sink refuses for its data until the one that is to blame stands alone. */
async function commitDividing(sink: Sink, deliveries: readonly Delivery[]): Promise<readonly DeliveryOutcome[]> {
  try {
    return await sink.commit(deliveries);
  } catch (error) {
    if (!ingestErrors.is(error, "sink-data-refused")) throw error;
    if (deliveries.length === 1) return ["refused"];
    const middle = deliveries.length >> 1;
    const left = await commitDividing(sink, deliveries.slice(0, middle));
    const right = await commitDividing(sink, deliveries.slice(middle));
    return [...left, ...right];
  }
}

const signal = (): PromiseWithResolvers<void> => Promise.withResolvers<void>();
