import { z } from "zod";
import { personReference } from "./reading.ts";

/** Whose devices a gateway reads, as the cloud says it: the whole list, which replaces the one before. */
export type Roster = z.infer<typeof roster>;
export type RosterEntry = z.infer<typeof rosterEntry>;

export const rosterEntriesMax = 64;

/** An assignment: see `gateway/collect/attribution.ts`. Instants are milliseconds since 1970. */
export const rosterEntry = z.strictObject({
  /** The enrolment that it comes from: its id is the assignment's. */
  id: z.string().min(1).max(128),
  device: z.string().min(1).max(128),
  userSlot: z.int().min(0).max(254).nullable(),
  person: personReference,
  consent: z.string().min(1).max(128),
  fromAt: z.int(),
  untilAt: z.int().nullable(),
});

export const roster = z.strictObject({
  /** Grows with each change; a gateway that has a later one keeps it. */
  version: z.int().min(1),
  assignments: z.array(rosterEntry).max(rosterEntriesMax),
});
