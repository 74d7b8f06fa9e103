import type { GatewayEvent } from "../../cloud-sync/contract/control.ts";
import { uuidV5 } from "../../cloud-sync/uuid-v5.ts";
import type { Assignment, ConsentRecord, Deed, DeedOutcome, NewAuditEntry, Store } from "../store/store.ts";

export interface Withdrawal {
  readonly person: string;
  /** In milliseconds since 1970. */
  readonly at: number;
  /** As in `NewAuditEntry`. */
  readonly actor: string;
  readonly gateway: string;
}

/** The namespace of the ids of the events that a withdrawal makes (RFC 9562, 6.6). */
const namespace = "b7a6c9ce-5c53-4c0b-8c55-0f6dd7b1a0de";
const consentsMax = 1_000;

/**
 * A person takes back all that they agreed to here, whoever carries it out: their consents, sessions and assignments
 * end, what of theirs was not delivered is removed, the cloud is told, and the audit log says so. All of it or nothing.
 */
export async function withdrawConsents(
  store: Pick<Store, "consents" | "assignments" | "record">,
  withdrawal: Withdrawal,
): Promise<DeedOutcome> {
  const { person, at } = withdrawal;
  const all = await store.consents({ person, limit: consentsMax });
  const consents = all.filter(({ withdrawnAt }) => withdrawnAt === null);
  const assignments = (await store.assignments()).filter(
    (assignment) => assignment.person === person && (assignment.untilAt === null || assignment.untilAt > at),
  );
  return await store.record(withdrawalDeed(withdrawal, { consents, assignments }));
}

interface Ending {
  readonly consents: readonly ConsentRecord[];
  readonly assignments: readonly Assignment[];
}

function withdrawalDeed(withdrawal: Withdrawal, { consents, assignments }: Ending): Deed {
  const { person, at, actor } = withdrawal;
  const subjects = consents.length === 0 ? [null] : consents.map(({ id }) => id);
  const audit: readonly NewAuditEntry[] = [
    ...subjects.map((consent) => ({ at, actor, action: "consent-withdrawn" as const, subject: { consent, person } })),
    ...assignments.map(({ id, deviceId }) => {
      const subject = { assignment: id, device: deviceId, person };
      return { at, actor, action: "assignment-ended" as const, subject };
    }),
  ];
  const events = [
    ...consents.map((consent) => consentWithdrawn(withdrawal, consent)),
    ...assignments.map((assignment) => enrolmentEnded(withdrawal, assignment)),
  ];
  return { changes: [{ type: "withdraw", person, at }], events, audit };
}

function consentWithdrawn({ gateway, at }: Withdrawal, consent: ConsentRecord): GatewayEvent {
  const { id, person, version, sha256, language } = consent;
  const told = { type: "consent", consent: id, person, change: "withdrawn", version, sha256, language } as const;
  // How many were removed is filled in by the store.
  return { v: 1, id: eventId(gateway, "consent", id), gateway, at, event: { ...told, removed: 0 } };
}

function enrolmentEnded({ gateway, at }: Withdrawal, { id }: Assignment): GatewayEvent {
  const event = { type: "enrolment-ended", enrolment: id, untilAt: at } as const;
  return { v: 1, id: eventId(gateway, "enrolment", id), gateway, at, event };
}

/** A consent and an assignment end once. */
const eventId = (gateway: string, kind: "consent" | "enrolment", id: string): string =>
  uuidV5(namespace, JSON.stringify([gateway, kind, id]));
