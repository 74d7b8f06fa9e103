import type { ReadingTime } from "../../cloud-sync/contract/reading.ts";
import { displayedTime } from "../../device-drivers/kit/date-time.ts";
import type { ClockObservation } from "../../device-drivers/kit/driver.ts";
import { dateTimeText, isKnown, type DeviceDateTime } from "../../device-drivers/measurement/device-time.ts";
import { readAsUtc, type LocalInstant, type SiteZone } from "./site-zone.ts";

/** What the gateway knows of time when it gets a reading. */
export interface TimeContext {
  readonly zone: SiteZone;
  /** When the reading was received; null if the gateway's clock was never known to be right in that boot. */
  readonly receivedAt: number | null;
  /** The device's clock as observed in this connection; null if it cannot be read. */
  readonly clock: DeviceClock | null;
  /** What earlier connections have left; null if there was none. */
  readonly previous: PreviousCollection | null;
  readonly toleranceMs: number;
}

export interface DeviceClock {
  readonly method: ClockObservation["method"];
  /** Gateway clock less device clock. */
  readonly offsetMs: number;
  /** How well that is known, but for the second that the device counts in. */
  readonly withinMs: number;
  /** It was set after it was read, in this connection. */
  readonly wasSet: boolean;
}

/** What is known of a device from earlier connections: see `collectionAfter`. */
export interface PreviousCollection {
  /** When its clock was as `clockOffsetMs` says; null if it could not be read. */
  readonly at: number;
  readonly clockOffsetMs: number | null;
  /**
   * Gateway clock less device clock, as far as it was seen since the device had shown all that it had: what it has still
   * to show was dated by one of these. An earlier version has not kept it.
   */
  readonly offsetsMs?: OffsetRange | undefined;
  /** By then it had shown all that it had, so whatever it shows later was measured later; null if nobody knows. */
  readonly shownUntil: number | null;
}

export interface OffsetRange {
  readonly least: number;
  readonly most: number;
}

/** What a device said of the time of one record. */
export interface DeviceTimestamp {
  readonly deviceTime: DeviceDateTime | null;
  readonly deviceTimeOffsetMin: number | null;
  /** Nothing but its receipt tells it from an equal one: `isWithoutClock`. */
  readonly withoutClock: boolean;
}

const secondMs = 1_000;
const hourMs = 3_600_000;
/** Bluetooth LE was adopted in June 2010: no record of such a device is older. */
const earliestAt = Date.UTC(2010, 5, 30);

/** The four times of a reading. What cannot be known is null, and `basis` says what `measured` rests on. */
export function readingTime(stamp: DeviceTimestamp, context: TimeContext): ReadingTime {
  const { at, uncertaintyMs, basis } = estimateInstant(stamp, context);
  const { receivedAt, clock, zone } = context;
  return {
    ...deviceSaid(stamp),
    received: receivedAt === null ? null : new Date(receivedAt).toISOString(),
    clockOffsetMs: clock?.offsetMs ?? null,
    clockMethod: clock?.method ?? "none",
    measured: at === null ? null : zone.iso(at),
    uncertaintyMs,
    basis,
  };
}

/**
 * The times of a reading that was received while the gateway's clock was not trusted. Until it is dated, its
 * `clockOffsetMs` counts from the zero of the boot's monotonic clock, because there is nothing else to count from.
 */
export function undatedTime(stamp: DeviceTimestamp, clock: DeviceClock | null): ReadingTime {
  return {
    ...deviceSaid(stamp),
    received: null,
    clockOffsetMs: clock?.offsetMs ?? null,
    clockMethod: clock?.method ?? "none",
    measured: null,
    uncertaintyMs: null,
    basis: "unknown",
  };
}

/**
 * A device's clock against the gateway's, which shows `at`. A local time that comes twice, or never, is taken as the
 * pass that is nearer. Null if the device does not know the date.
 */
export function deviceClock(observation: ClockObservation, at: number, zone: SiteZone): DeviceClock | null {
  if (!isKnown(observation.deviceTime)) return null;
  const shown = zone.instantOf(observation.deviceTime);
  const offsets = [at - shown.at, at - shown.orAt];
  const offsetMs = offsets.reduce((least, offset) => (Math.abs(offset) < Math.abs(least) ? offset : least));
  const { method, withinMs, setTo } = observation;
  return { method, offsetMs: Math.round(offsetMs), withinMs, wasSet: setTo !== null };
}

interface Estimate {
  readonly at: number | null;
  readonly uncertaintyMs: number | null;
  readonly basis: ReadingTime["basis"];
}

const unknown: Estimate = { at: null, uncertaintyMs: null, basis: "unknown" };

function estimateInstant(stamp: DeviceTimestamp, context: TimeContext): Estimate {
  const { receivedAt, clock, zone, toleranceMs } = context;
  const { deviceTime } = stamp;
  if (stamp.withoutClock) {
    return receivedAt === null ? unknown : { at: receivedAt, uncertaintyMs: null, basis: "received" };
  }
  if (deviceTime === null) return unknown;
  // The device shows its base time plus the record's Time Offset (GLS 1.0.1, 3.1.1.4).
  const displayed = displayedTime(deviceTime, stamp.deviceTimeOffsetMin);
  if (displayed === null) return unknown;
  const shown = zone.instantOf(displayed);
  if (clock === null || receivedAt === null) return withinReason(asItStands(shown, null), context);
  const isRight = Math.abs(clock.offsetMs) <= toleranceMs;
  const estimate = isRight
    ? asItStands(shown, Math.abs(clock.offsetMs) + clock.withinMs)
    : corrected({ displayed, clock, receivedAt, zone });
  return acrossClockSteps(acrossZoneChange(withinReason(estimate, context), receivedAt, zone), shown, context);
}

function asItStands(shown: LocalInstant, deviationMs: number | null): Estimate {
  const certainMs = deviationMs === null ? null : deviationMs + secondMs;
  return { at: shown.at, uncertaintyMs: shown.occurs === "once" ? certainMs : hourMs, basis: "device" };
}

/**
 * A clock that is off is taken to have been off by as much when the record was made: the instant is the time of receipt
 * less what has passed on the device's clock since.
 */
function corrected({ displayed, clock, receivedAt, zone }: Correction): Estimate {
  const at = readAsUtc(displayed) + ownOffset(clock.offsetMs, receivedAt, zone);
  return { at, uncertaintyMs: Math.max(2 * secondMs, secondMs + clock.withinMs), basis: "device-corrected" };
}

interface Correction {
  readonly displayed: DeviceDateTime;
  readonly clock: DeviceClock;
  readonly receivedAt: number;
  readonly zone: SiteZone;
}

/**
 * Where the site's offset changed between the record and now, nobody knows whether and when somebody changed the device
 * with it, so an hour is open.
 */
function acrossZoneChange(estimate: Estimate, receivedAt: number, zone: SiteZone): Estimate {
  const { at, uncertaintyMs } = estimate;
  if (at === null || zone.utcOffsetMs(at) === zone.utcOffsetMs(receivedAt)) return estimate;
  return { ...estimate, uncertaintyMs: Math.max(hourMs, uncertaintyMs ?? 0) };
}

/** Nothing was measured before there were such devices, nor after it was received. */
function withinReason(estimate: Estimate, { receivedAt, toleranceMs }: TimeContext): Estimate {
  const { at } = estimate;
  if (at === null || at < earliestAt) return unknown;
  return receivedAt !== null && at > receivedAt + toleranceMs ? unknown : estimate;
}

/**
 * If the device's clock was set since the last collection, a record may have been made before that. It is dated by the
 * new time only if the old one can be ruled out: by the old clock it would lie before the time by which everything had
 * been shown, or after its own receipt. Even so the clock may have been set more than once, so all that is certain is
 * that the record was made since then.
 */
function acrossClockSteps(estimate: Estimate, shown: LocalInstant, context: TimeContext): Estimate {
  const { previous, clock, receivedAt, toleranceMs, zone } = context;
  const { at } = estimate;
  if (previous === null || previous.clockOffsetMs === null) return estimate;
  if (clock === null || receivedAt === null || at === null) return estimate;
  const stepMs = clockStep(previous, { at: receivedAt, clockOffsetMs: clock.offsetMs }, zone);
  if (Math.abs(stepMs) <= toleranceMs) return estimate;
  const zoneChangeMs = zone.utcOffsetMs(receivedAt) - zone.utcOffsetMs(previous.at);
  const followsZone = zoneChangeMs !== 0 && Math.abs(stepMs + zoneChangeMs) <= toleranceMs;
  if (followsZone) return { ...estimate, uncertaintyMs: hourMs };
  const { shownUntil } = previous;
  const isPossible = (moment: number): boolean =>
    moment >= (shownUntil ?? -Infinity) - toleranceMs && moment <= receivedAt + toleranceMs;
  const byOldClock = shown.at + previous.clockOffsetMs;
  if (shownUntil === null || !isPossible(at) || isPossible(byOldClock)) return unknown;
  return { ...estimate, uncertaintyMs: toleranceMs + Math.max(at - shownUntil, receivedAt - at) };
}

/** By how much a device's clock was moved between two looks at it, whatever the site's zone did meanwhile. */
export function clockStep(before: ClockState, now: ClockState, zone: SiteZone): number {
  if (before.clockOffsetMs === null || now.clockOffsetMs === null) return 0;
  return ownOffset(now.clockOffsetMs, now.at, zone) - ownOffset(before.clockOffsetMs, before.at, zone);
}

type ClockState = Pick<PreviousCollection, "at" | "clockOffsetMs">;

/** The gateway's clock less the device's local time read as UTC: it moves only if somebody moves the device's clock. */
export const ownOffset = (offsetMs: number, at: number, zone: SiteZone): number =>
  offsetMs - zone.utcOffsetMs(at - offsetMs);

const deviceSaid = ({
  deviceTime,
  deviceTimeOffsetMin,
}: DeviceTimestamp): Pick<ReadingTime, "device" | "deviceOffsetMin"> => ({
  device: deviceTime === null ? null : dateTimeText(deviceTime),
  deviceOffsetMin: deviceTimeOffsetMin,
});
