import { type Roster, type RosterEntry, rosterEntriesMax } from "../contract/roster.ts";

/** How many of a hub's enrolments are looked at: one more than a roster may hold would do, but ids may come twice. */
export const enrolmentsReadMax = 4 * rosterEntriesMax;

/** A roster of the enrolments that count, which come with the one that was made last first. */
export function rosterOf(version: number, latestFirst: readonly Omit<RosterEntry, "untilAt">[]): Roster {
  const byId = new Map<string, RosterEntry>();
  for (const enrolment of latestFirst) byId.set(enrolment.id, { ...enrolment, untilAt: null });
  const assignments = latestFirst
    .map(({ id }) => byId.get(id))
    .filter((entry) => entry !== undefined)
    .filter((entry, index, all) => all.indexOf(entry) === index)
    .slice(0, rosterEntriesMax)
    .toReversed();
  return { version, assignments };
}
