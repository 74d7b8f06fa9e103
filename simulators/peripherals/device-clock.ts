import { decodeDateTime, encodeDateTime } from "../../device-drivers/kit/date-time.ts";
import { fail, ok } from "../../device-drivers/kit/result.ts";
import { type DeviceDateTime, isKnown } from "../../device-drivers/measurement/device-time.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { decodeCurrentTime, encodeCurrentTime } from "../../device-drivers/profiles/current-time/codec.ts";
import type { GattTable } from "./gatt-table.ts";
import { attErrors, type AttResult } from "./virtual-peripheral.ts";

export interface DeviceClockOptions {
  /** Where the device stands: minutes east of UTC. */
  readonly utcOffsetMin: number;
  /** How far it is ahead of the true local time; negative when it is late. */
  readonly aheadS: number;
  /** How much further ahead it gets, each day. */
  readonly driftSPerDay: number;
  /** `never-set` counts from `neverSetStart`; `unknown` shows zeros until it is set. */
  readonly state: "running" | "never-set" | "unknown";
  readonly readBy: "current-time" | "date-time" | "none";
  readonly writable: boolean;
}

export const trueClock: DeviceClockOptions = {
  utcOffsetMin: 0,
  aheadS: 0,
  driftSPerDay: 0,
  state: "running",
  readBy: "none",
  writable: false,
};

/** What a clock that nobody set shows when the battery goes in. */
const neverSetStart = Date.UTC(2017, 0, 1);
const unknownTime: DeviceDateTime = { year: 0, month: 0, day: 0, hours: 0, minutes: 0, seconds: 0 };
const dayMs = 86_400_000;

/**
 * A device's own clock: local time, right or wrong. It counts monotonic time from where it was last set, so a step of
 * the world's wall clock does not move it.
 */
export class DeviceClock {
  readonly #clock: Clock;
  readonly #options: DeviceClockOptions;
  /** What it showed, as milliseconds of a calendar without zones, and when; null while it shows zeros. */
  #set: { readonly shownMs: number; readonly atMonotonicMs: number } | null;

  constructor(clock: Clock, options: DeviceClockOptions) {
    this.#clock = clock;
    this.#options = options;
    const trueLocalMs = clock.now() + options.utcOffsetMin * 60_000;
    const starts = { running: trueLocalMs + options.aheadS * 1_000, "never-set": neverSetStart, unknown: null };
    const shownMs = starts[options.state];
    this.#set = shownMs === null ? null : { shownMs, atMonotonicMs: clock.monotonicMs() };
  }

  /** What it shows, or will show or has shown `agoMs` before now. */
  read(agoMs = 0): DeviceDateTime {
    if (this.#set === null) return unknownTime;
    const elapsedMs = this.#clock.monotonicMs() - agoMs - this.#set.atMonotonicMs;
    return calendarOf(this.#set.shownMs + elapsedMs * (1 + (this.#options.driftSPerDay * 1_000) / dayMs));
  }

  set(time: DeviceDateTime): void {
    const shownMs = Date.UTC(time.year, time.month - 1, time.day, time.hours, time.minutes, time.seconds);
    this.#set = { shownMs, atMonotonicMs: this.#clock.monotonicMs() };
  }

  /** The battery was taken out: it counts from `neverSetStart` again. */
  reset(): void {
    this.#set = { shownMs: neverSetStart, atMonotonicMs: this.#clock.monotonicMs() };
  }

  /** Declares how the clock can be read and set. */
  declare(table: GattTable, dateTimeService: string): void {
    const { readBy, writable } = this.#options;
    if (readBy === "none") return;
    const isCurrentTime = readBy === "current-time";
    table.add({
      service: isCurrentTime ? "1805" : dateTimeService,
      uuid: isCurrentTime ? "2A2B" : "2A08",
      properties: writable ? ["read", "write"] : ["read"],
      read: () => (isCurrentTime ? this.#currentTime() : encodeDateTime(this.read())),
      ...(writable ? { write: (value: Uint8Array) => this.#write(value, isCurrentTime) } : {}),
    });
  }

  #currentTime(): Uint8Array {
    return encodeCurrentTime({ time: this.read(), dayOfWeek: 0, fractions256: 0, adjustReason: 0 });
  }

  #write(value: Uint8Array, isCurrentTime: boolean): AttResult {
    const current = isCurrentTime ? decodeCurrentTime(value) : decodeDateTime(value);
    if (!current.ok) return fail(attErrors.invalidAttributeLength);
    const time = "time" in current.value ? current.value.time : current.value;
    if (!isKnown(time)) return fail(attErrors.dataFieldIgnored);
    this.set(time);
    return ok(undefined);
  }
}

/** The calendar date of milliseconds since 1970 in a calendar without zones. */
export function calendarOf(localMs: number): DeviceDateTime {
  const date = new Date(localMs);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hours: date.getUTCHours(),
    minutes: date.getUTCMinutes(),
    seconds: date.getUTCSeconds(),
  };
}
