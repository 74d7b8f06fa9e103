import { dateTimeText, type DeviceDateTime } from "../measurement/device-time.ts";
import type { DeviceHistory } from "./driver.ts";

/** A longer gap is a leap of the counter and not a loss; of several gaps the lowest numbers are told. */
const missingMax = 256;

/**
 * Tells a record counter that was started anew from one that went on, by the last record that the gateway holds.
 *
 * A count or a "no records" cannot tell that: a meter that was reset and has since passed the old number looks like one
 * that went on. So the report starts AT the last known record and not after it, and this record is the witness: if it
 * is there with the time that the gateway knows, the counter went on; if it has another time, or is gone while lower
 * numbers are there, the counter was started anew. If it is gone and only higher numbers are there, the meter's memory
 * has wrapped over it. Whenever the witness is not found, all records are asked for, which is right in every case.
 */
export class CounterWitness {
  readonly #history: DeviceHistory;
  #known = false;
  #contradicted = false;
  #highest = -1;
  readonly #heard = new Set<number>();

  constructor(history: DeviceHistory) {
    this.#history = history;
  }

  /** Notes a record that came; `deviceTime` is null where the record has none that is valid. */
  note(sequenceNumber: number, deviceTime: DeviceDateTime | null): void {
    this.#heard.add(sequenceNumber);
    this.#highest = Math.max(this.#highest, sequenceNumber);
    if (sequenceNumber !== this.#history.lastSequenceNumber) return;
    const then = this.#history.lastDeviceTime;
    if (then === null || deviceTime === null || dateTimeText(then) === dateTimeText(deviceTime)) this.#known = true;
    else this.#contradicted = true;
  }

  /** Has the last known record come, as the gateway knows it? */
  get wentOn(): boolean {
    return this.#known && !this.#contradicted;
  }

  /** Meaningful once all records have come: had the counter been started anew? */
  get wasReset(): boolean {
    const last = this.#history.lastSequenceNumber;
    if (last === null || this.#heard.size === 0) return false;
    return this.#contradicted || this.#highest < last;
  }

  /**
   * The numbers of records that have not come although records on both sides of them have: a stack drops notifications
   * when a buffer is full, or the record was deleted. What the gateway has known before is not missed, nor is a leap of
   * the counter. A record that is lost at the end needs no notice, because the next session asks for it anyway.
   */
  missing(): readonly number[] {
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
