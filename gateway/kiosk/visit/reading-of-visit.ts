import type { Reading } from "../../../cloud-sync/contract/reading.ts";
import type { GatewayEvent } from "../../gateway-event.ts";
import type { Assignment } from "../../store/store.ts";

export type StoredEvent = Extract<GatewayEvent, { readonly type: "reading-stored" }>;

/** What must be known of a visit to say whether a reading is its person's to see. */
export interface VisitFacts {
  readonly person: string;
  /** The store's sessions of this visit: more than one where the gateway's clock was put right meanwhile. */
  readonly sessions: ReadonlySet<string>;
  /** The session that is open since then, in milliseconds since 1970; null while there is none. */
  readonly openSince: number | null;
  /** Devices that are known to have shown all that they had, within this visit: what they show later was measured in it. */
  readonly heardOut: ReadonlySet<string>;
  /** Devices that this person has chosen to measure with. */
  readonly chosen: ReadonlySet<string>;
  readonly assignments: readonly Assignment[];
}

/**
 * May it be shown in this visit? `theirs`: it was attributed to this person by this visit's session, or by an assignment
 * of theirs and measured in this visit. `nobodys`: it is kept as nobody's, and was certainly measured in this visit with
 * the chosen device. Null for everything else: in doubt it is somebody else's, and is never shown.
 */
export function ofVisit(stored: StoredEvent, facts: VisitFacts): "theirs" | "nobodys" | null {
  const { reading, outcome } = stored;
  // What the store had already is told with the person whom it would have now, not with the one whom it has.
  if (outcome !== "stored" || facts.openSince === null) return null;
  const { person, attribution } = reading;
  if (person !== null) {
    if (person !== facts.person) return null;
    if (attribution.by === "session") return facts.sessions.has(attribution.reference ?? "") ? "theirs" : null;
    return wasMeasuredInVisit(reading, facts) ? "theirs" : null;
  }
  const isSafe = facts.chosen.has(reading.device.id) && !isOfAnother(reading, facts);
  return isSafe && wasMeasuredInVisit(reading, facts) ? "nobodys" : null;
}

/** It is nobody's and is not shown, and yet it may have been measured in this visit: the person should be told to try again. */
export function isInDoubt({ reading, outcome }: StoredEvent, { openSince, chosen }: VisitFacts): boolean {
  const { measured, uncertaintyMs } = reading.time;
  if (outcome !== "stored" || reading.person !== null || !chosen.has(reading.device.id)) return false;
  return measured === null || Date.parse(measured) + (uncertaintyMs ?? Infinity) >= (openSince ?? Infinity);
}

/** By the device's checked clock, or by order: the device had shown all it had, in this visit, before it was measured. */
function wasMeasuredInVisit({ time, device }: Reading, { openSince, heardOut }: VisitFacts): boolean {
  if (heardOut.has(device.id)) return true;
  const { measured, uncertaintyMs, basis } = time;
  if (measured === null || uncertaintyMs === null || basis === "unknown" || basis === "received") return false;
  return openSince !== null && Date.parse(measured) - uncertaintyMs >= openSince;
}

/** Somebody else has the device, or the user slot under which it was measured, now or at some time. */
function isOfAnother({ device, userSlot }: Reading, { assignments, person }: VisitFacts): boolean {
  return assignments.some((each) => {
    if (each.deviceId !== device.id || each.person === person) return false;
    return each.userSlot === null || userSlot === null || each.userSlot === userSlot;
  });
}
