import type { Reading } from "../../cloud-sync/contract/reading.ts";
import type { DatedReading, KioskSession, Restamp, UndatedReading } from "../store/store.ts";
import { attribute, dispositionOf, type Roster } from "./attribution.ts";
import type { CollectOptions } from "./collect-options.ts";
import { laneOf } from "./lane.ts";
import { parseDateTime } from "./date-time-text.ts";
import { isWithoutClock } from "./reading-id.ts";
import { readingTime, type DeviceTimestamp, type PreviousCollection } from "./reading-time.ts";
import { unkeptWithinMs } from "./session-history.ts";
import type { SiteZone } from "./site-zone.ts";

export interface RestampContext {
  readonly zone: SiteZone;
  readonly options: CollectOptions;
  readonly roster: Roster;
  /** The gateway's time; null while it is still not trusted. */
  readonly nowAt: number | null;
  /** What the collections of a device had left before its readings went undated. */
  previousOf(deviceId: string): PreviousCollection | null;
  /** See `slotsLeftAlone`. */
  readonly isLeftAlone: (reading: Reading) => boolean;
}

/**
 * Dates a reading that was taken while the gateway's clock was not trusted, as it would have been dated then. Its id
 * stays, because receipt is no part of it; its time, its person and its lane are made anew.
 */
export function restampWith(context: RestampContext): Restamp {
  return (undated) => {
    const time = datedTime(undated, context);
    const { reading } = undated;
    const owner = attribute(
      {
        deviceId: reading.device.id,
        userSlot: reading.userSlot,
        controlSolution: reading.kind !== "blood-pressure" && reading.controlSolution,
        time,
        byClock: null,
        shownUntil: context.previousOf(reading.device.id)?.shownUntil ?? null,
      },
      { ...context.roster, sessions: context.roster.sessions.map(claimingNothing) },
    );
    return placed({ ...reading, ...owner, time }, context);
  };
}

/**
 * Which stays at the kiosk were by the right time and which by the wrong one, nobody knows any more. They cast doubt on an
 * owner's claim, and make no claim of their own.
 */
const claimingNothing = (session: KioskSession): KioskSession => ({ ...session, devices: [] });

function placed(reading: Reading, { nowAt, options, isLeftAlone }: RestampContext): DatedReading {
  const disposition = isLeftAlone(reading) ? "remove" : dispositionOf(reading);
  return { reading, lane: laneOf(reading, nowAt, options), disposition };
}

function datedTime(undated: UndatedReading, context: RestampContext): Reading["time"] {
  const { reading, receivedAt, receivedMonotonicMs } = undated;
  const { zone, options } = context;
  const { time } = reading;
  const stamp = stampOf(reading);
  const offsetInBootMs = time.clockMethod === "none" ? null : time.clockOffsetMs;
  const toleranceMs = options.clockToleranceMs;
  const previous = context.previousOf(reading.device.id);
  if (receivedAt !== null) {
    const epochAt = receivedAt - receivedMonotonicMs;
    const offsetMs = offsetInBootMs === null ? null : Math.round(offsetInBootMs + epochAt);
    const clock =
      time.clockMethod === "none" || offsetMs === null
        ? null
        : { method: time.clockMethod, offsetMs, withinMs: unkeptWithinMs, wasSet: false };
    return readingTime(stamp, { zone, receivedAt, clock, previous, toleranceMs });
  }
  const dated = readingTime(stamp, { zone, receivedAt, clock: null, previous, toleranceMs });
  const deviceNowAt = offsetInBootMs === null ? null : receivedMonotonicMs - offsetInBootMs;
  const isOfFuture =
    deviceNowAt !== null && dated.measured !== null && Date.parse(dated.measured) > deviceNowAt + toleranceMs;
  return isOfFuture ? { ...dated, measured: null, uncertaintyMs: null, basis: "unknown" } : dated;
}

export function stampOf({ time, sequenceNumber }: Reading): DeviceTimestamp {
  const deviceTime = time.device === null ? null : parseDateTime(time.device);
  return {
    deviceTime,
    deviceTimeOffsetMin: time.deviceOffsetMin,
    withoutClock: isWithoutClock({ deviceTime, sequenceNumber }),
  };
}
