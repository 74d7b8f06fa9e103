import type { Assignment, Deed, NewAuditEntry } from "../store/store.ts";
import { enrolmentEnded } from "./consent-event.ts";
import type { DeedPlace } from "./deed-place.ts";

/** Has it not ended by then? */
export const stands = ({ untilAt }: Pick<Assignment, "untilAt">, at: number): boolean =>
  untilAt === null || untilAt > at;

/** A device, or a user slot of it, is this person's: staff or a command says so. A hub elsewhere is not told. */
export function assignmentMade({ at, actor }: Pick<DeedPlace, "at" | "actor">, assignment: Assignment): Deed {
  const { id, deviceId, userSlot, person, consent } = assignment;
  const subject = { assignment: id, device: deviceId, userSlot, person, consent };
  return {
    changes: [{ type: "assignment", assignment }],
    events: [],
    audit: [{ at, actor, action: "assignment-made", subject }],
  };
}

/** @param enrolled the ids of those that were enrolments: the home of each is told */
export function assignmentsEnded(
  place: DeedPlace,
  assignments: readonly Assignment[],
  enrolled: readonly string[],
): Deed {
  return {
    changes: assignments.map((assignment) => ({
      type: "assignment",
      assignment: { ...assignment, untilAt: place.at },
    })),
    events: enrolled.map((id) => enrolmentEnded(place, id)),
    audit: assignments.map((assignment) => assignmentEnded(place, assignment)),
  };
}

/** What the audit log says of it. */
export function assignmentEnded({ at, actor }: Pick<DeedPlace, "at" | "actor">, assignment: Assignment): NewAuditEntry {
  const { id, deviceId, person } = assignment;
  return { at, actor, action: "assignment-ended", subject: { assignment: id, device: deviceId, person } };
}
