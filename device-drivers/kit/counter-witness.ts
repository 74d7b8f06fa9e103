import { dateTimeText, type DeviceDateTime } from "../measurement/device-time.ts";
import type { DeviceHistory } from "./driver.ts";

/** A longer gap is a leap of the counter and not a loss; of several gaps the lowest numbers are told. */
const missingMax = 256;

/**
 * Tells a record counter that was started anew from one that went on, by the last record that the gateway holds.
 *
 * A count, or a "no records", cannot tell that: a meter that was reset and has since passed the old number looks like
 * one that went on. So the report starts AT the last known record and not after it, and two records bear witness:
 *
 * - The last known one. If it comes with the time that the gateway knows, the counter had gone on at least to there. If
 *   it has another time, or is gone while lower numbers are there, the counter was started anew. If it is gone and only
 *   higher numbers are there, the meter's memory has wrapped over it.
 * - The newest one, asked for afterwards. If its number is below those that came, the counter was started anew while
 *   the old records stayed in the memory.
 *
 * Whenever either does not say clearly that the counter went on, all records are asked for: right in every case.
 */
export class CounterWitness {
  readonly #history: DeviceHistory;
  #known = false;
  #startedAnew = false;
  #olderStayed = false;
  #highest = -1;
  #latest = -1;
  readonly #heard = new Set<number>();
  /** By number and time, because a counter that began anew gives a number twice. */
  readonly #records = new Set<string>();
  #unreadable = 0;

  constructor(history: DeviceHistory) {
    this.#history = history;
  }

  /** Notes a record that came; `deviceTime` is null where the record has none that is valid. */
  note(sequenceNumber: number, deviceTime: DeviceDateTime | null): void {
    this.#heard.add(sequenceNumber);
    this.#records.add(`${sequenceNumber} ${deviceTime === null ? "" : dateTimeText(deviceTime)}`);
    this.#highest = Math.max(this.#highest, sequenceNumber);
    this.#latest = sequenceNumber;
    if (sequenceNumber !== this.#history.lastSequenceNumber) return;
    const then = this.#history.lastDeviceTime;
    if (then === null || deviceTime === null || dateTimeText(then) === dateTimeText(deviceTime)) this.#known = true;
    else this.#startedAnew = true;
  }

  /** Notes that a record came whose number cannot be read. */
  noteUnreadable(): void {
    this.#unreadable += 1;
  }

  /** How many records came, each counted once where it could be read. */
  get records(): number {
    return this.#records.size + this.#unreadable;
  }

  /** The lowest number that came; null before any. */
  get lowest(): number | null {
    return this.#heard.size === 0 ? null : Math.min(...this.#heard);
  }

  /** The highest number that came; -1 before any. */
  get highest(): number {
    return this.#highest;
  }

  /** Has the last known record come, as the gateway knows it? */
  get wentOn(): boolean {
    return this.#known && !this.#startedAnew;
  }

  /** To be asked when the newest record is the one that came last. */
  newestIsNotBelow(highest: number): boolean {
    if (this.#latest >= highest) return true;
    this.#startedAnew = true;
    this.#olderStayed = true;
    return false;
  }

  /** Meaningful once all records have come: had the counter been started anew? */
  get wasReset(): boolean {
    const last = this.#history.lastSequenceNumber;
    if (last === null || this.#heard.size === 0) return false;
    return this.#startedAnew || this.#highest < last;
  }

  /**
   * The numbers of records that have not come although records on both sides of them have: a stack drops notifications
   * when a buffer is full, or the record was deleted. What the gateway has known before is not missed, nor is a leap of
   * the counter, nor what lies between two counts. A record that is lost at the end needs no notice, because the next
   * session asks for it anyway; of one that is lost at the very beginning only the device's count tells.
   */
  missing(): readonly number[] {
    if (this.#olderStayed) return [];
    const known = this.wasReset ? -1 : (this.#history.lastSequenceNumber ?? -1);
    const heard = [...this.#heard].toSorted((left, right) => left - right);
    const missing = heard.slice(1).flatMap((number, index) => {
      const before = Math.max(heard[index] ?? number, known);
      const length = number - before - 1;
      return length > 0 && length <= missingMax ? Array.from({ length }, (_, gap) => before + 1 + gap) : [];
    });
    return missing.slice(0, missingMax);
  }
}
