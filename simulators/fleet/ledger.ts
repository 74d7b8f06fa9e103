import { readReceipt } from "../../cloud-sync/uplink/receipts.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { Histogram, type Percentiles } from "./histogram.ts";
import { RateMeter } from "./rate-meter.ts";

/**
 * The books of a fleet, kept beside the forwarders and not by them: which readings were shown to a gateway, and which of
 * them a receipt has named, as it went over the wire. A reading that is in no outbox any more and that no receipt named
 * is lost.
 */
export class Ledger {
  readonly #clock: Clock;
  /** By number: the order in which they were shown. */
  readonly #ids: string[] = [];
  readonly #shownMs: number[] = [];
  readonly #fates: Fate[] = [];
  /** The numbers of those that no receipt has named, by id. */
  readonly #open = new Map<string, number>();
  readonly #batches = new Map<string, SentBatch>();
  readonly #milestones = new Set<OpenMilestone>();
  readonly #receiptMs = new Histogram();
  readonly #deliveryMs = new Histogram();
  readonly #readingRate = new RateMeter();
  readonly #messageRate = new RateMeter();
  #answeredDuplicate = 0;
  #rejected = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A reading was shown to its gateway. Its number, or null if it was shown before. */
  show(id: string): number | null {
    const number = this.#ids.length;
    if (this.#open.has(id)) return null;
    this.#ids.push(id);
    this.#shownMs.push(this.#clock.monotonicMs());
    this.#fates.push("open");
    this.#open.set(id, number);
    return number;
  }

  /** A batch goes to the broker. */
  sent(payload: Uint8Array): void {
    const { batch, readings } = batchIn(
      Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("latin1"),
    );
    const nowMs = this.#clock.monotonicMs();
    this.#messageRate.add(nowMs);
    this.#batches.set(batch, { sentMs: nowMs, numbers: readings.map(({ id }) => this.#open.get(id) ?? null) });
    for (const oldest of this.#batches.keys()) {
      if (this.#batches.size <= batchesMax) break;
      this.#batches.delete(oldest);
    }
  }

  /** A receipt came from the broker. What is none, or is nobody's, the forwarders count. */
  receipt(payload: Uint8Array): void {
    const said = readReceipt(payload);
    const sent = said === null ? undefined : this.#batches.get(said.batch);
    if (said === null || sent === undefined) return;
    this.#batches.delete(said.batch);
    const nowMs = this.#clock.monotonicMs();
    this.#receiptMs.add(nowMs - sent.sentMs);
    for (const [from, through] of said.stored) this.#settle(sent, { from, through, fate: "receipted" }, nowMs);
    for (const [from, through] of said.duplicate) {
      this.#answeredDuplicate += through - from + 1;
      this.#settle(sent, { from, through, fate: "receipted" }, nowMs);
    }
    for (const { position } of said.rejected) {
      this.#rejected += 1;
      this.#settle(sent, { from: position, through: position, fate: "rejected" }, nowMs);
    }
  }

  /** Reached when every reading that is open now has been named by a receipt. */
  milestone(): Milestone {
    const { promise, resolve } = Promise.withResolvers<number>();
    const milestone: OpenMilestone = {
      readings: this.#open.size,
      left: this.#open.size,
      through: this.#ids.length,
      resolve,
    };
    if (milestone.left === 0) resolve(this.#clock.monotonicMs());
    else this.#milestones.add(milestone);
    return { readings: milestone.readings, reached: promise };
  }

  get shown(): number {
    return this.#ids.length;
  }

  /** Shown, and named by no receipt. */
  get open(): number {
    return this.#open.size;
  }

  /** Of all that was shown, by id: for a look into the sink. */
  fates(): ReadonlyMap<string, Fate> {
    return new Map(this.#ids.map((id, number) => [id, this.#fates[number] ?? "open"]));
  }

  /** What is open is in an outbox, or among its gateway's dead letters, or lost. */
  totals(kept: { readonly waiting: Iterable<number>; readonly deadLetters: Iterable<number> }): ReadingTotals {
    const lost = new Set(this.#open.values());
    let [waiting, deadLettered] = [0, 0];
    for (const number of kept.waiting) if (lost.delete(number)) waiting += 1;
    for (const number of kept.deadLetters) if (lost.delete(number)) deadLettered += 1;
    return {
      shown: this.shown,
      receipted: this.shown - this.#open.size - this.#rejected,
      rejected: this.#rejected,
      waiting,
      deadLettered,
      lost: lost.size,
      answeredDuplicate: this.#answeredDuplicate,
      receiptedPerSecondPeak: this.#readingRate.peakPerSecond,
      messagesPerSecondPeak: this.#messageRate.peakPerSecond,
      receiptMs: this.#receiptMs.summary(),
      deliveryMs: this.#deliveryMs.summary(),
    };
  }

  #settle(sent: SentBatch, range: { from: number; through: number; fate: Fate }, nowMs: number): void {
    for (const number of sent.numbers.slice(range.from, range.through + 1)) {
      const id = number === null ? undefined : this.#ids[number];
      if (number === null || id === undefined || !this.#open.delete(id)) continue;
      this.#fates[number] = range.fate;
      this.#deliveryMs.add(nowMs - (this.#shownMs[number] ?? nowMs));
      this.#readingRate.add(nowMs);
      this.#reach(number, nowMs);
    }
  }

  #reach(number: number, nowMs: number): void {
    for (const milestone of this.#milestones) {
      if (number >= milestone.through) continue;
      milestone.left -= 1;
      if (milestone.left > 0) continue;
      this.#milestones.delete(milestone);
      milestone.resolve(nowMs);
    }
  }
}

export type Fate = "open" | "receipted" | "rejected";

export interface Milestone {
  /** How many readings it waits for. */
  readonly readings: number;
  /** Resolves with the monotonic time at which the last of them was named. */
  readonly reached: Promise<number>;
}

export interface ReadingTotals {
  readonly shown: number;
  readonly receipted: number;
  /** By the ingestor. */
  readonly rejected: number;
  /** In an outbox still. */
  readonly waiting: number;
  /** Given up by the gateway itself, which keeps them apart. */
  readonly deadLettered: number;
  /** Named by no receipt, and kept nowhere. */
  readonly lost: number;
  /** Resent, and answered by the sink that it had them already. */
  readonly answeredDuplicate: number;
  readonly receiptedPerSecondPeak: number;
  readonly messagesPerSecondPeak: number;
  /** From a batch's publish to its receipt. */
  readonly receiptMs: Percentiles;
  /** From the moment that a reading was shown to the receipt that names it: an outage counts. */
  readonly deliveryMs: Percentiles;
}

interface SaidBatch {
  readonly batch: string;
  readonly readings: readonly { readonly id: string }[];
}

/** What a message says, inside of its CloudEvent or without one. */
function batchIn(text: string): SaidBatch {
  const message: SaidBatch | { readonly specversion: string; readonly data: SaidBatch } = JSON.parse(text);
  return "specversion" in message ? message.data : message;
}

interface SentBatch {
  readonly sentMs: number;
  readonly numbers: readonly (number | null)[];
}

interface OpenMilestone {
  readonly readings: number;
  left: number;
  /** It waits for the numbers below this. */
  readonly through: number;
  readonly resolve: (atMs: number) => void;
}

/** Sent, and not answered: beyond it the oldest are forgotten, and their readings count once they are sent again. */
const batchesMax = 200_000;
