import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { simulatorErrors } from "../simulator-error.ts";

/**
 * A clock that moves when it is told to. Sleepers wake in the order of their time, and whatever one of them starts has
 * come to rest before the next one wakes: so a run is the same every time, however fast the machine is.
 * Work that waits for the real world (a socket, a thread) does not come to rest in that sense: give it a real clock.
 */
export interface VirtualClock extends Clock {
  /** Moves time forward, waking every sleeper that comes due on the way. */
  advance(durationMs: number): Promise<void>;
  /**
   * Moves time until the work settles, and returns what it gave.
   * Rejects with `virtual-time-stuck` if it still waits when nobody sleeps, or after `limitMs`.
   */
  runUntil<T>(work: Promise<T>, limitMs?: number): Promise<T>;
  /** Steps the wall clock, either way, as an operator or NTP would. Monotonic time and sleepers do not notice. */
  jump(byMs: number): void;
  /** Lets everything that was started come to rest, without moving time. */
  settle(): Promise<void>;
  /** How many sleep. */
  sleepers(): number;
}

const dayMs = 86_400_000;

/** @param startAt the wall-clock time at the start, in milliseconds since 1970-01-01T00:00:00Z */
export function createVirtualClock(startAt: number): VirtualClock {
  return new SteppedClock(startAt);
}

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

class SteppedClock implements VirtualClock {
  #wallOffsetMs: number;
  #monotonicMs = 0;
  /** In the order of waking; those that are due together wake in the order in which they went to sleep. */
  readonly #sleepers: Sleeper[] = [];

  constructor(startAt: number) {
    this.#wallOffsetMs = startAt;
  }

  /** Whole milliseconds, as the machine's wall clock gives them, whatever fractions sleepers sleep. */
  now(): number {
    return Math.floor(this.#wallOffsetMs + this.#monotonicMs);
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (durationMs <= 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
        reject(signal?.reason);
      };
      const wake = (): void => {
        signal?.removeEventListener("abort", cancel);
        resolve();
      };
      const sleeper: Sleeper = { dueMs: this.#monotonicMs + durationMs, wake };
      const position = this.#sleepers.findLastIndex((other) => other.dueMs <= sleeper.dueMs) + 1;
      this.#sleepers.splice(position, 0, sleeper);
      signal?.addEventListener("abort", cancel, { once: true });
    });
  }

  async advance(durationMs: number): Promise<void> {
    const endMs = this.#monotonicMs + durationMs;
    await this.settle();
    while (await this.#wakeNext(endMs));
    this.#monotonicMs = endMs;
    await this.settle();
  }

  async runUntil<T>(work: Promise<T>, limitMs: number = dayMs): Promise<T> {
    const endMs = this.#monotonicMs + limitMs;
    const state = { settled: false };
    const mark = (): void => {
      state.settled = true;
    };
    work.then(mark, mark);
    await this.settle();
    while (!state.settled && (await this.#wakeNext(endMs)));
    if (state.settled) return await work;
    throw simulatorErrors.make("virtual-time-stuck", "the work still waits, and nothing in virtual time will wake it", {
      context: { monotonicMs: this.#monotonicMs, sleepers: this.#sleepers.length },
    });
  }

  jump(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  async settle(): Promise<void> {
    // All chained promise jobs run before the event loop reaches its next phase.
    await setImmediate();
  }

  sleepers(): number {
    return this.#sleepers.length;
  }

  async #wakeNext(endMs: number): Promise<boolean> {
    const sleeper = this.#sleepers[0];
    if (sleeper === undefined || sleeper.dueMs > endMs) return false;
    this.#sleepers.shift();
    this.#monotonicMs = sleeper.dueMs;
    sleeper.wake();
    await this.settle();
    return true;
  }
}
