import type { Measurement, RawFrame } from "../measurement/measurement.ts";
import type { DeviceDateTime } from "../measurement/device-time.ts";
import type { GattCharacteristic, GattLink } from "../ports/gatt.ts";
import type { Clock } from "../ports/clock.ts";

/**
 * One kind of device. A driver is pure: it sees the device through the GATT port and time through the clock port.
 * Its one duty beyond decoding is the order of things: it asks the device for more only when `collect` is asked for
 * more, because whoever iterates has then made the last item durable.
 */
export interface DeviceDriver {
  /** Stable, in kebab-case: it is logged, stored and configured. */
  readonly name: string;
  /** The services that tell that a device is of this kind, by their UUID. */
  readonly services: readonly string[];
  /**
   * Takes what the device has to show. Ends when the device has shown all; throws a `CarepostError` when it could not
   * be heard to the end, which takes nothing from what was yielded before.
   */
  collect(session: DriverSession): AsyncGenerator<Observed, CollectionEnd>;
}

/** All that a driver may use during one connection. */
export interface DriverSession {
  readonly link: GattLink;
  readonly clock: Clock;
  readonly characteristics: readonly GattCharacteristic[];
  readonly information: DeviceInformation;
  readonly quirks: DeviceQuirks;
  readonly history: DeviceHistory;
  /** The site's local wall-clock time now, for setting a device's clock; null while the gateway's own is not trusted. */
  localTime(): DeviceDateTime | null;
  readonly signal: AbortSignal;
}

/** What the gateway already holds of this device, from earlier sessions. */
export interface DeviceHistory {
  /**
   * The highest sequence number up to which every record is durable and complete; null for a device never read.
   * A record whose context is missing does not count.
   */
  readonly lastSequenceNumber: number | null;
  /** The device's own time of that record, by which a counter that was reset is told from one that went on. */
  readonly lastDeviceTime: DeviceDateTime | null;
}

/** What a driver yields. Every item is made durable before the next is asked for, also those that are not readings. */
export type Observed =
  | { readonly type: "measurement"; readonly measurement: Measurement }
  /**
   * The device's clock, against the moment at which it was read. Comes before the first measurement, and again after the
   * last where the clock is set only then.
   */
  | { readonly type: "clock"; readonly observation: ClockObservation }
  /** The device says that a measurement failed (all values NaN, strip error, ...): not a reading, but kept. */
  | { readonly type: "device-fault"; readonly reason: string; readonly frames: readonly RawFrame[] }
  /** Bytes that break their definition: kept whole and set aside, never guessed at. */
  | { readonly type: "undecodable"; readonly reason: string; readonly frames: readonly RawFrame[] }
  /** Numbers that no living person's body gives, as a diastolic above the systolic: not a reading, but kept. */
  | { readonly type: "implausible"; readonly reason: string; readonly frames: readonly RawFrame[] }
  /**
   * A record that has not come although those around it have, then without frames; or that may not be read without the
   * part of it that has not come (a ketone is told from a glucose only by its context), then with what came of it. The
   * high-water mark stays below it, so that the next session asks for it again.
   */
  | {
      readonly type: "incomplete";
      readonly sequenceNumber: number;
      readonly reason: string;
      readonly frames: readonly RawFrame[];
    }
  /** A progress note: how many records the device says it will send. */
  | { readonly type: "expected"; readonly records: number };

export interface ClockObservation {
  readonly method: "current-time" | "date-time" | "vendor";
  readonly deviceTime: DeviceDateTime;
  /** When the gateway took the value, by its monotonic and wall clock. */
  readonly atMonotonicMs: number;
  readonly at: number;
  /** The device took it at most so long before that, or after: half of what the reading took, in milliseconds. */
  readonly withinMs: number;
  /** The clock was set after it was read, to this local time; null if it was left alone. */
  readonly setTo: DeviceDateTime | null;
}

/** How a collection ended, where it ended well. */
export interface CollectionEnd {
  readonly records: number;
  /** The device's counter had started again, and all records were asked for. */
  readonly counterWasReset: boolean;
}

/** Device Information (180A) and Battery (180F), as far as the device told. Texts are cleaned of NUL and placeholders. */
export interface DeviceInformation {
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly serial: string | null;
  readonly firmware: string | null;
  readonly hardware: string | null;
  readonly software: string | null;
  /** The 8 octets of 2A23, as upper-case hex, OUI first. */
  readonly systemId: string | null;
  readonly batteryPercent: number | null;
}

/** What is known of one model, as data over its profile. Every field has a default in `vendors/defaults.ts`. */
export interface DeviceQuirks {
  /** How long to let the link settle before the first operation. */
  readonly settleMs: number;
  /** A burst is over after this much silence once a frame has come. */
  readonly burstSilenceMs: number;
  /** A burst is over after this much silence if no frame comes at all. */
  readonly firstFrameMs: number;
  /** RACP fails when nothing at all comes for this long. */
  readonly procedureTimeoutMs: number;
  /** How long contexts may lag behind the end of the procedure. */
  readonly contextGraceMs: number;
  /** May the gateway set this device's clock, and before or after the records are read? */
  readonly setClock: "never" | "before-collection" | "after-collection";
  /** The meter cannot answer "records from N on": always ask for all. */
  readonly deltaUnsupported: boolean;
  /** Sequence numbers count backwards, 0 is the newest: never use them as a high-water mark. */
  readonly sequenceReversed: boolean;
  /** Meal value 6 marks a ketone record (i-SENS). */
  readonly ketoneAsMeal6: boolean;
  /**
   * A full memory adds a HI that nobody measured, dated in this year (TaiDoc); null where the device does not do that.
   */
  readonly phantomHighYear: number | null;
  /** The Blood Pressure Measurement of the Beurer BM85: big-endian pulse and status, user without its flag. */
  readonly bloodPressureLayout: "standard" | "beurer-bm85";
}

/** A driver and the quirks that fit, chosen by `catalogue.ts`. */
export interface DriverMatch {
  readonly driver: DeviceDriver;
  readonly quirks: DeviceQuirks;
}
