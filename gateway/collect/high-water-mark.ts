import { dateTimeText } from "../../device-drivers/measurement/device-time.ts";
import type { Measurement } from "../../device-drivers/measurement/measurement.ts";
import type { AddOutcome, DeviceProgress } from "../store/store.ts";

/** A mark without its device: what the next session needs in order to ask only for what is new. */
export type Mark = Pick<DeviceProgress, "lastSequenceNumber" | "lastDeviceTime">;

/**
 * Follows the record numbers of one session and says how far the mark may move. The mark is only a saving: below it
 * nothing is asked for again, so it never passes a record that is not durable and complete. A record that lacks a part
 * holds the mark back, but not for ever: the caller decides when to let it pass as it is.
 */
export class HighWaterMark {
  readonly #before: Mark;
  #highest: { readonly sequenceNumber: number; readonly deviceTime: string | null } | null = null;
  #latest = -1;
  #lowestIncomplete = Infinity;
  #ascends = true;
  #foundNewBelow = false;
  #beganAtMark = false;

  constructor(before: Mark) {
    this.#before = before;
  }

  get before(): Mark {
    return this.#before;
  }

  /** Has the record at the mark come, so that no record between it and those that came can be missing unnoticed? */
  get beganAtMark(): boolean {
    return this.#beganAtMark;
  }

  /** A record that is durable and complete. */
  passed(record: Pick<Measurement, "sequenceNumber" | "deviceTime">, outcome: AddOutcome): void {
    const { sequenceNumber, deviceTime } = record;
    if (sequenceNumber === null) return;
    this.#follow(sequenceNumber);
    this.#beganAtMark ||= sequenceNumber === this.#before.lastSequenceNumber;
    const isBelow = sequenceNumber <= (this.#before.lastSequenceNumber ?? -1);
    if (isBelow && outcome === "stored") this.#foundNewBelow = true;
    if (sequenceNumber >= this.#lowestIncomplete) return;
    if (this.#highest !== null && this.#highest.sequenceNumber > sequenceNumber) return;
    this.#highest = { sequenceNumber, deviceTime: deviceTime === null ? null : dateTimeText(deviceTime) };
  }

  /** A record that has to be asked for again. */
  heldBackBy(sequenceNumber: number): void {
    this.#follow(sequenceNumber);
    this.#lowestIncomplete = Math.min(this.#lowestIncomplete, sequenceNumber);
  }

  /**
   * The mark after the session, or null if it stays where it was.
   *
   * A session that was heard to its end has shown all, in whatever order. One that broke off has shown all up to its
   * highest number only if the numbers ascended. A mark goes back only if the counter has started again: the driver
   * says so at the end, and a record that is new although its number is below the mark says so on the way.
   */
  after(end: { readonly wasHeardOut: boolean; readonly counterWasReset: boolean }): Mark | null {
    const highest = this.#highest;
    if (highest === null || highest.sequenceNumber >= this.#lowestIncomplete) return null;
    if (!end.wasHeardOut && !this.#ascends) return null;
    const startedAgain = end.wasHeardOut ? end.counterWasReset : this.#foundNewBelow;
    const isForward = highest.sequenceNumber > (this.#before.lastSequenceNumber ?? -1);
    if (!isForward && !startedAgain) return null;
    return { lastSequenceNumber: highest.sequenceNumber, lastDeviceTime: highest.deviceTime };
  }

  #follow(sequenceNumber: number): void {
    if (sequenceNumber < this.#latest) this.#ascends = false;
    this.#latest = sequenceNumber;
  }
}
