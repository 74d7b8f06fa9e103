import { displayedTime } from "../../device-drivers/kit/date-time.ts";
import { type DeviceTimestamp, type OffsetRange, ownOffset, type TimeContext } from "./reading-time.ts";
import { offsetsOf } from "./session-history.ts";
import { readAsUtc } from "./site-zone.ts";

/** The earliest and the latest time at which something can have been measured. */
export interface Span {
  readonly from: number;
  readonly through: number;
}

/** Devices tell whole seconds, of the record as of their clock. */
const resolutionMs = 1_000;

/** Where a clock is that was just set: off by what of a second it was, and by how long the write took. */
export const justSet: OffsetRange = { least: -2_000, most: 2_000 };

/**
 * When a record was made, by the device's clock as it was read in this connection: each bound is measured. It is one of
 * the instants at which that clock can have shown the record's time, whether it ran then as it runs now, as it did since
 * the device had shown all that it had, or as it was set in this connection. Null where the clock's past is not known so
 * well; then only the reading's uncertainty tells.
 */
export function measuredSpan(stamp: DeviceTimestamp, context: TimeContext): Span | null {
  const { zone, receivedAt, clock, previous } = context;
  const displayed = stamp.deviceTime === null ? null : displayedTime(stamp.deviceTime, stamp.deviceTimeOffsetMin);
  const before = previous === null ? null : offsetsOf(previous);
  if (displayed === null || clock === null || receivedAt === null || previous === null || before === null) return null;
  const { offsetMs, withinMs, wasSet } = clock;
  const nowMs = ownOffset(offsetMs, receivedAt, zone);
  const zoneThenMs = ownOffset(previous.clockOffsetMs ?? 0, previous.at, zone) - (previous.clockOffsetMs ?? 0);
  const ranges = [
    { least: nowMs - withinMs, most: nowMs + withinMs },
    moved(before, zoneThenMs),
    ...(wasSet ? [moved(justSet, ownOffset(0, receivedAt, zone))] : []),
  ];
  const shown = readAsUtc(displayed);
  const from = shown + Math.min(...ranges.map(({ least }) => least)) - resolutionMs;
  const through = shown + Math.max(...ranges.map(({ most }) => most)) + resolutionMs;
  // Whether somebody changed the device with the zone, and when, is not to be known.
  const isOneZone = zone.utcOffsetMs(from) === zone.utcOffsetMs(receivedAt);
  return isOneZone ? { from, through } : null;
}

const moved = ({ least, most }: OffsetRange, byMs: number): OffsetRange => ({ least: least + byMs, most: most + byMs });

export const around = (at: number, marginMs: number): Span => ({ from: at - marginMs, through: at + marginMs });
