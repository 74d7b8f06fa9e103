import type {
  Assignment,
  ConsentRecord,
  Deed,
  DeedOutcome,
  KioskSession,
  NewAuditEntry,
  Store,
} from "../store/store.ts";
import { assignmentEnded, stands } from "./assignments.ts";
import { consentEvent, enrolmentEnded } from "./consent-event.ts";
import { standingConsentsOf } from "./consents-of.ts";
import type { DeedPlace } from "./deed-place.ts";

export interface Withdrawal extends DeedPlace {
  readonly person: string;
}

/** What a withdrawal ends. */
export interface Ending {
  readonly consents: readonly ConsentRecord[];
  readonly assignments: readonly Assignment[];
  readonly sessions: readonly KioskSession[];
}

type CareReader = Pick<Store, "consents" | "assignments" | "sessions">;

/**
 * A person takes back all that they agreed to here, whoever carries it out: their consents, sessions and assignments
 * end, what of theirs was not delivered is removed, the cloud is told, and the audit log says so. All of it or nothing.
 */
export async function withdrawConsents(
  store: CareReader & Pick<Store, "record">,
  withdrawal: Withdrawal,
): Promise<DeedOutcome> {
  return await store.record(withdrawalDeed(withdrawal, await whatEnds(store, withdrawal)));
}

/** What of this person's still stands at that time. */
export async function whatEnds(store: CareReader, { person, at }: Pick<Withdrawal, "person" | "at">): Promise<Ending> {
  const [consents, assignments, sessions] = await Promise.all([
    standingConsentsOf(store, person),
    store.assignments(),
    store.sessions(at),
  ]);
  return {
    consents,
    assignments: assignments.filter((each) => each.person === person && stands(each, at)),
    sessions: sessions.filter(({ person: whose, endedAt }) => whose === person && endedAt === null),
  };
}

/** Also where nothing stands: then it says that somebody asked for it, and keeps away what a device shows later. */
export function withdrawalDeed(withdrawal: Withdrawal, { consents, assignments, sessions }: Ending): Deed {
  const { person, actor } = withdrawal;
  const at = noEarlierThan(withdrawal.at, { consents, assignments });
  const told = { ...withdrawal, at };
  const entry = (action: NewAuditEntry["action"], subject: NewAuditEntry["subject"]): NewAuditEntry => {
    return { at: withdrawal.at, actor, action, subject };
  };
  const withdrawn = consents.length === 0 ? [null] : consents.map(({ id }) => id);
  return {
    changes: [{ type: "withdraw", person, at }],
    events: [
      ...consents.map((consent) => consentEvent(told, consent, "withdrawn")),
      ...assignments.map(({ id }) => enrolmentEnded(told, id)),
    ],
    audit: [
      ...withdrawn.map((consent) => entry("consent-withdrawn", { consent, person })),
      ...assignments.map((assignment) => assignmentEnded(withdrawal, assignment)),
      ...sessions.map(({ id }) => entry("visit-ended", { session: id, reason: "withdrawn" })),
    ],
  };
}

/**
 * A gateway whose clock is not to be trusted may take the time to be before that of the very consent. What is withdrawn
 * was given before; else a roster that does not know of the withdrawal yet would pass for one that was made after it.
 */
function noEarlierThan(at: number, { consents, assignments }: Omit<Ending, "sessions">): number {
  const given = consents.map(({ givenAt }) => givenAt);
  const enrolled = assignments.filter(({ source }) => source === "roster").map(({ fromAt }) => fromAt);
  return Math.max(at, ...given, ...enrolled);
}
