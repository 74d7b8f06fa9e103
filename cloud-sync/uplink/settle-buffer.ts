import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { codeOf } from "./code-of.ts";
import { lanes } from "./outbox.ts";
import type { Lane, Outbox, SeqRange, Settlement } from "./outbox.ts";
import { RetrySchedule } from "./retry-schedule.ts";
import { Wakeup } from "./wakeup.ts";

export interface SettleBufferPorts {
  readonly outbox: Pick<Outbox, "settle">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** After each write that succeeded. */
  readonly onSettled: () => void;
}

export interface SettleBufferBounds {
  /** How long a settlement may wait for others, so that many cost one transaction. */
  readonly delayMs: number;
  /** So many are written at once without waiting. */
  readonly settlementsMax: number;
}

/**
 * Collects what receipts say and writes it to the outbox, many in one transaction. When the disk does not take it, it
 * is kept and tried again: nothing is lost meanwhile, since an entry that is not settled is only sent again.
 */
export class SettleBuffer {
  readonly #ports: SettleBufferPorts;
  readonly #bounds: SettleBufferBounds;
  readonly #wakeup: Wakeup;
  readonly #retries: RetrySchedule;
  #pending: Settlement[] = [];
  /** Ranges and rejections that are pending. */
  #size = 0;
  #running = false;
  #failing = false;
  #writing = false;
  #flushWanted = false;
  #flushed = Promise.withResolvers<void>();

  constructor(ports: SettleBufferPorts, bounds: SettleBufferBounds) {
    this.#ports = ports;
    this.#bounds = bounds;
    this.#wakeup = new Wakeup(ports.clock);
    this.#retries = new RetrySchedule({ firstDelayMaxMs: 1_000, delayMaxMs: 30_000 }, ports.random);
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** The outbox has not taken settlements for so long that no more should be caused. */
  get isFull(): boolean {
    return this.#size >= this.#bounds.settlementsMax * 4;
  }

  add(settlements: readonly Settlement[]): void {
    const added = sizeOf(settlements);
    if (added === 0) return;
    this.#pending.push(...settlements);
    this.#size += added;
    if (!this.#failing && (this.#size === added || this.#isMany())) this.#wakeup.notify();
  }

  /** Resolves when all that was added before the call is written; at once while the outbox does not take it. */
  async flush(): Promise<void> {
    if (this.#failing || !this.#running || (this.#size === 0 && !this.#writing)) return;
    this.#flushWanted = true;
    this.#wakeup.notify();
    await this.#flushed.promise;
  }

  /** Writes until the signal is aborted, then once more. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    this.#running = true;
    while (!signal.aborted) {
      await this.#untilWanted(signal);
      const written = await this.#write();
      if (!written) await this.#pause(signal);
    }
    await this.#write();
    this.#running = false;
    // Whoever asked during the last write is not kept waiting: nobody writes any more.
    this.#flushed.resolve();
  }

  async #untilWanted(signal: AbortSignal): Promise<void> {
    try {
      while (this.#size === 0 && !this.#flushWanted) await this.#wakeup.wait(null, signal);
      const endMs = this.#ports.clock.monotonicMs() + this.#bounds.delayMs;
      for (;;) {
        const leftMs = endMs - this.#ports.clock.monotonicMs();
        if (leftMs <= 0 || this.#flushWanted || this.#isMany()) return;
        await this.#wakeup.wait(leftMs, signal);
      }
    } catch {
      // Aborted: what is pending is written now.
    }
  }

  async #write(): Promise<boolean> {
    const flushed = this.#flushed;
    this.#flushWanted = false;
    this.#flushed = Promise.withResolvers<void>();
    const taken = this.#pending;
    this.#pending = [];
    this.#size = 0;
    this.#writing = true;
    try {
      if (taken.length > 0) await this.#ports.outbox.settle(merged(taken));
      this.#succeed(taken.length > 0);
      return true;
    } catch (error) {
      this.#pending = merged(taken.concat(this.#pending));
      this.#size = sizeOf(this.#pending);
      if (!this.#failing) this.#ports.log.error("settle-failed", { code: codeOf(error), batches: taken.length });
      this.#failing = true;
      return false;
    } finally {
      this.#writing = false;
      flushed.resolve();
    }
  }

  #succeed(wrote: boolean): void {
    if (this.#failing) this.#ports.log.info("settle-recovered");
    this.#failing = false;
    this.#retries.reset();
    if (wrote) this.#ports.onSettled();
  }

  async #pause(signal: AbortSignal): Promise<void> {
    try {
      await this.#ports.clock.sleep(this.#retries.nextDelayMs(), signal);
    } catch {
      // Aborted: the last try is made without waiting.
    }
  }

  #isMany(): boolean {
    return this.#size >= this.#bounds.settlementsMax;
  }
}

const sizeOf = (settlements: readonly Settlement[]): number =>
  settlements.reduce((size, settlement) => size + (settlement.fate === "delivered" ? settlement.seqs.length : 1), 0);

/** The same settlements in fewer words: rejections first, then each lane's ranges, joined where one follows the other. */
function merged(settlements: readonly Settlement[]): Settlement[] {
  const result: Settlement[] = settlements.filter(({ fate }) => fate === "rejected");
  for (const lane of lanes) {
    const ranges = settlements.flatMap((settlement) => deliveredIn(lane, settlement));
    if (ranges.length > 0) result.push({ lane, fate: "delivered", seqs: joined(ranges) });
  }
  return result;
}

const deliveredIn = (lane: Lane, settlement: Settlement): readonly SeqRange[] =>
  settlement.fate === "delivered" && settlement.lane === lane ? settlement.seqs : [];

/** Only ranges that touch are joined: whatever lies in a gap between two of them has not been delivered. */
function joined(ranges: readonly SeqRange[]): readonly SeqRange[] {
  const result: [number, number][] = [];
  for (const [from, through] of ranges.toSorted((one, other) => one[0] - other[0])) {
    const last = result.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], through);
    else result.push([from, through]);
  }
  return result;
}
