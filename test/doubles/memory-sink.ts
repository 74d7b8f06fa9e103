import { createHash } from "node:crypto";
import { ingestErrors } from "../../cloud-sync/ingest/ingest-error.ts";
import type {
  CommitOutcome,
  DeadLetter,
  Delivery,
  EventDelivery,
  NewDeadLetter,
  Sink,
  StoredEvent,
  StoredReading,
} from "../../cloud-sync/ingest/sink.ts";
import { createMemoryRosterBook, type MemoryRosterBook } from "./memory-roster-book.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";

/** A sink in memory that fails as it is told to, and remembers how it was used. */
export interface MemorySink extends Sink {
  /** What goes wrong from now on: change it at any time. */
  readonly faults: MemorySinkFaults;
  /** The size of each commit that was tried. */
  readonly commitSizes: readonly number[];
}

export interface MemorySinkFaults {
  /** Commits and dead letters are refused with this code. */
  code: "sink-unavailable" | "sink-full" | null;
  /** A reading that cannot be stored, whatever is done. */
  poison: (delivery: Delivery) => boolean;
  /** Awaited by each commit before it takes effect. */
  hold: Promise<void> | null;
}

export interface MemorySinkOptions {
  readonly clock: Clock;
  readonly deadLettersPerGatewayMax?: number;
}

export const createMemorySink = (options: MemorySinkOptions): MemorySink => new StrictSink(options);

class StrictSink implements MemorySink {
  readonly faults: MemorySinkFaults = { code: null, poison: () => false, hold: null };
  readonly commitSizes: number[] = [];
  readonly rosters: MemoryRosterBook;
  readonly #clock: Clock;
  readonly #lettersMax: number;
  readonly #readings = new Map<string, StoredReading>();
  readonly #letters = new Map<string, DeadLetter>();
  readonly #events = new Map<string, StoredEvent>();
  #position = 0;
  #letterId = 0;
  #closed = false;

  constructor({ clock, deadLettersPerGatewayMax = 10_000 }: MemorySinkOptions) {
    this.#clock = clock;
    this.rosters = createMemoryRosterBook(clock);
    this.#lettersMax = deadLettersPerGatewayMax;
  }

  async commit(deliveries: readonly Delivery[]): Promise<readonly CommitOutcome[]> {
    this.commitSizes.push(deliveries.length);
    await this.#obstacles();
    if (deliveries.some((delivery) => this.faults.poison(delivery))) {
      throw ingestErrors.make("sink-data-refused", "one of them cannot be stored");
    }
    return deliveries.map((delivery) => this.#store(delivery));
  }

  async commitEvents(events: readonly EventDelivery[]): Promise<readonly CommitOutcome[]> {
    await this.#obstacles();
    return events.map((event) => {
      const key = `${event.gateway} ${event.id}`;
      if (this.#events.has(key)) return "duplicate";
      this.#events.set(key, { ...event, position: this.#events.size + 1, committedAt: this.#clock.now() });
      this.rosters.take(event);
      return "stored";
    });
  }

  async events(query: { readonly afterPosition: number; readonly limit: number }): Promise<readonly StoredEvent[]> {
    return [...this.#events.values()].filter(({ position }) => position > query.afterPosition).slice(0, query.limit);
  }

  async keepDeadLetters(letters: readonly NewDeadLetter[]): Promise<void> {
    await this.#obstacles();
    const fresh = new Map(letters.map((letter) => [keyOf(letter), letter]));
    for (const [key, letter] of fresh) {
      if (this.#letters.has(key)) fresh.delete(key);
      else if (this.#lettersOf(letter.gateway) + countOf(fresh, letter.gateway) > this.#lettersMax) {
        throw ingestErrors.make("dead-letters-full", "this gateway has too many");
      }
    }
    for (const [key, letter] of fresh) this.#letters.set(key, { ...letter, id: ++this.#letterId });
  }

  async deadLetters(query: { readonly afterId: number; readonly limit: number }): Promise<readonly DeadLetter[]> {
    return [...this.#letters.values()].filter(({ id }) => id > query.afterId).slice(0, query.limit);
  }

  async removeDeadLetters(ids: readonly number[]): Promise<void> {
    await this.#obstacles();
    for (const [key, { id }] of this.#letters) if (ids.includes(id)) this.#letters.delete(key);
  }

  async readings(query: { readonly afterPosition: number; readonly limit: number }): Promise<readonly StoredReading[]> {
    return [...this.#readings.values()]
      .filter(({ position }) => position > query.afterPosition)
      .toSorted((a, b) => a.position - b.position)
      .slice(0, query.limit);
  }

  async lastPosition(): Promise<number> {
    return this.#position;
  }

  async positionBefore(readings: number): Promise<number> {
    const positions = [...this.#readings.values()].map(({ position }) => position).toSorted((a, b) => b - a);
    return positions[readings] ?? 0;
  }

  async counts(): Promise<{ readonly readings: number; readonly deadLetters: number }> {
    return { readings: this.#readings.size, deadLetters: this.#letters.size };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async #obstacles(): Promise<void> {
    await this.faults.hold;
    if (this.#closed) throw ingestErrors.make("sink-unavailable", "the sink is closed");
    if (this.faults.code !== null) throw ingestErrors.make(this.faults.code, "as the test ordered");
  }

  #store({ gateway, reading }: Delivery): CommitOutcome {
    const known = this.#readings.get(reading.id);
    if (known !== undefined && known.reading.revision >= reading.revision) return "duplicate";
    this.#position += 1;
    this.#readings.set(reading.id, { gateway, reading, position: this.#position, committedAt: this.#clock.now() });
    return "stored";
  }

  #lettersOf(gateway: string): number {
    return [...this.#letters.values()].filter((letter) => letter.gateway === gateway).length;
  }
}

const keyOf = ({ gateway, payload }: NewDeadLetter): string =>
  `${gateway} ${createHash("sha256").update(payload).digest("hex")}`;

const countOf = (letters: ReadonlyMap<string, NewDeadLetter>, gateway: string): number =>
  [...letters.values()].filter((letter) => letter.gateway === gateway).length;
