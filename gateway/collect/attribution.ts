import type { Reading } from "../../cloud-sync/contract/reading.ts";
import type { Assignment, KioskSession } from "../store/store.ts";
import { around, type Span } from "./measured-span.ts";

/** Whose device is whose, and who stood at the kiosk. */
export interface Roster {
  readonly assignments: readonly Assignment[];
  readonly sessions: readonly KioskSession[];
}

export interface AttributionSubject {
  readonly deviceId: string;
  readonly userSlot: number | null;
  readonly controlSolution: boolean;
  readonly time: Pick<Reading["time"], "measured" | "uncertaintyMs" | "basis" | "received">;
  /** When it was measured by what is known of the device's clock, within measured bounds; null where they are not. */
  readonly byClock: Span | null;
  /**
   * When the device was last known to have shown all that it had: whatever it shows later was measured later.
   * Null if nobody knows.
   */
  readonly shownUntil: number | null;
}

export type Attribution = Pick<Reading, "person" | "attribution">;

/**
 * Whose reading it is. Nothing is ever guessed: it is a person's only if all that is known of the time of measurement
 * lies within one assignment of that device, or within one kiosk session, and nobody else's claim touches it.
 *
 * - An assignment that names a user slot holds for that slot alone. One without a slot holds for the whole device, but
 *   only while no other names a slot of it: then the device is several people's, and a reading whose slot nobody was
 *   given, or which comes without its slot, is nobody's.
 * - A session counts if it was open at the measurement and still is, for a device that it names, was measured with since
 *   then, and is nobody else's.
 * - Where an owner and somebody in an open session both have a claim, it is nobody's, whatever the session names: who
 *   stands at the kiosk may have borrowed the device.
 * - Control solution is nobody's, always.
 */
export function attribute(subject: AttributionSubject, roster: Roster): Attribution {
  if (subject.controlSolution) return nobody;
  const ofDevice = roster.assignments.filter(({ deviceId }) => deviceId === subject.deviceId);
  const owners = claimsOfOwners(subject, ofDevice);
  const guests = claimsOfGuests(subject, roster.sessions);
  if (owners.length > 0) {
    const rivals = guests.filter(({ isOpen }) => isOpen);
    return decide([...owners, ...rivals], owners);
  }
  const others = claimsOfAnybody(subject, ofDevice);
  const present = guests.filter(({ mayClaim }) => mayClaim);
  return decide([...guests, ...others], present);
}

export const nobody: Attribution = { person: null, attribution: { by: "none", reference: null } };

/** What is nobody's waits for a person to decide; a test with control solution is the meter's own, and travels. */
export function dispositionOf(reading: Reading): "deliver" | "hold" {
  const isOfMeterItself = reading.kind !== "blood-pressure" && reading.controlSolution;
  return reading.person === null && !isOfMeterItself ? "hold" : "deliver";
}

/** Somebody whose reading it could be. */
interface Claim {
  readonly person: string;
  readonly attribution: Attribution["attribution"];
  /** It holds for the whole span in which it can have been measured. */
  readonly isCertain: boolean;
}

/** It is the one person's in whom all claims agree, if one of those that may decide is certain. */
function decide(all: readonly Claim[], deciding: readonly Claim[]): Attribution {
  const people = new Set(all.map(({ person }) => person));
  const decisive = deciding.find(({ isCertain }) => isCertain);
  if (people.size !== 1 || decisive === undefined) return nobody;
  return { person: decisive.person, attribution: decisive.attribution };
}

function claimsOfOwners(subject: AttributionSubject, ofDevice: readonly Assignment[]): readonly Claim[] {
  const span = ownerSpan(subject);
  if (span === null) return [];
  const touching = ofDevice.filter(({ fromAt, untilAt }) => touches(span, fromAt, untilAt));
  const isShared = touching.some(({ userSlot }) => userSlot !== null);
  return touching
    .filter(({ userSlot }) => !isShared || (userSlot !== null && userSlot === subject.userSlot))
    .map((assignment) => ownerClaim(assignment, span));
}

/** Everybody who has a part in the device at the time, of whichever slot. */
function claimsOfAnybody(subject: AttributionSubject, ofDevice: readonly Assignment[]): readonly Claim[] {
  const spans = [ownerSpan(subject), guestSpan(subject)].filter((span) => span !== null);
  return ofDevice
    .filter(({ fromAt, untilAt }) => spans.some((span) => touches(span, fromAt, untilAt)))
    .map((assignment) => ownerClaim(assignment, anyTime));
}

/** No assignment contains it, so no claim over it is certain. */
const anyTime: Span = { from: -Infinity, through: Infinity };

const ownerClaim = ({ id, person, fromAt, untilAt }: Assignment, span: Span): Claim => ({
  person,
  attribution: { by: "assignment", reference: id },
  isCertain: contains(span, fromAt, untilAt),
});

/** What somebody measured in a stay at the kiosk. */
interface GuestClaim extends Claim {
  /** It was at the receipt, by the times on record. */
  readonly isOpen: boolean;
  /**
   * It names the device and has no end yet. Times alone do not tell: by a gateway's clock that was put back, somebody who
   * has left long ago may seem to be there.
   */
  readonly mayClaim: boolean;
}

function claimsOfGuests(subject: AttributionSubject, sessions: readonly KioskSession[]): readonly GuestClaim[] {
  const span = guestSpan(subject);
  const receivedAt = instantOf(subject.time.received);
  if (span === null || receivedAt === null) return [];
  return sessions
    .filter(({ startedAt, endedAt }) => touches(span, startedAt, endedAt))
    .map(({ id, person, startedAt, endedAt, devices }) => {
      const named = devices.find(({ deviceId }) => deviceId === subject.deviceId);
      const sinceAt = Math.max(startedAt, named?.sinceAt ?? startedAt);
      return {
        person,
        attribution: { by: "session", reference: id },
        isCertain: contains(span, sinceAt, endedAt),
        isOpen: startedAt <= receivedAt && (endedAt === null || receivedAt < endedAt),
        mayClaim: named !== undefined && endedAt === null && startedAt <= receivedAt,
      };
    });
}

/** A device's clock that could not be checked is believed here: the device is that person's day after day. */
function ownerSpan({ time, shownUntil }: AttributionSubject): Span | null {
  const measuredAt = instantOf(time.measured);
  if (measuredAt === null) return null;
  if (time.basis !== "received") return around(measuredAt, time.uncertaintyMs ?? 0);
  const isPast = shownUntil !== null && shownUntil <= measuredAt;
  return { from: isPast ? shownUntil : -Infinity, through: measuredAt };
}

/**
 * Sessions follow each other within minutes, so an unchecked clock says nothing here: only order does. A checked one and
 * order tell more together, unless they contradict each other: then it is shown for a second time, and is from before.
 */
export function guestSpan({ time, byClock, shownUntil }: AttributionSubject): Span | null {
  const { measured, uncertaintyMs } = time;
  const measuredAt = instantOf(measured);
  const receivedAt = instantOf(time.received);
  if (measuredAt === null || receivedAt === null) return null;
  const after = shownUntil !== null && shownUntil <= receivedAt ? shownUntil : -Infinity;
  if (uncertaintyMs === null) return { from: after, through: receivedAt };
  const { from, through } = byClock ?? around(measuredAt, uncertaintyMs);
  if (from > receivedAt) return { from: after, through: receivedAt };
  return { from: after <= through ? Math.max(from, after) : from, through: Math.min(through, receivedAt) };
}

const touches = (span: Span, fromAt: number, untilAt: number | null): boolean =>
  span.through >= fromAt && (untilAt === null || span.from < untilAt);

const contains = (span: Span, fromAt: number, untilAt: number | null): boolean =>
  span.from >= fromAt && (untilAt === null || span.through < untilAt);

const instantOf = (iso: string | null): number | null => (iso === null ? null : Date.parse(iso));
