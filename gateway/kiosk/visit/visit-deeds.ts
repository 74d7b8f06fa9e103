import { randomUUID } from "node:crypto";
import type { EnrolmentEvent } from "../../../cloud-sync/contract/care-events.ts";
import { consentEvent } from "../../care/consent-event.ts";
import type { DeedPlace } from "../../care/deed-place.ts";
import type { Assignment, ConsentRecord, Deed, KioskSession, KnownDevice, NewAuditEntry } from "../../store/store.ts";

/** What a visit makes durable: each deed whole or not at all. All instants are milliseconds since 1970. */
type VisitPlace = Pick<DeedPlace, "gateway" | "at">;

/** A person agreed: the consent, and the session that it opens. */
export function consentGiven({ gateway, at }: VisitPlace, consent: ConsentRecord, session: KioskSession): Deed {
  const { id, person, version } = consent;
  return {
    changes: [
      { type: "consent", consent },
      { type: "session", session },
    ],
    events: [consentEvent({ gateway, at }, consent, "given")],
    audit: [
      visitorDid(at, "consent-given", { consent: id, person, version, trend: consent.trend }),
      visitorDid(at, "visit-started", { session: session.id, person, consent: id }),
    ],
  };
}

/** Of a consent that stands, whether earlier readings may be shown is another now; the cloud has no part in that. */
export function trendDecided({ at }: VisitPlace, consent: ConsentRecord): Deed {
  const { id, person, version, trend } = consent;
  return {
    changes: [{ type: "consent", consent }],
    events: [],
    audit: [visitorDid(at, "consent-given", { consent: id, person, version, trend })],
  };
}

/** Somebody read the text and said no: not a word of who it was. */
export function consentRefused({ at }: VisitPlace, version: string): Deed {
  return { changes: [], events: [], audit: [visitorDid(at, "consent-refused", { version })] };
}

/** Somebody whose consent stands has come back. */
export function visitStarted({ at }: VisitPlace, session: KioskSession): Deed {
  const { id, person, consent } = session;
  return {
    changes: [{ type: "session", session }],
    events: [],
    audit: [visitorDid(at, "visit-started", { session: id, person, consent })],
  };
}

/** @param sessions of one visit: the one that is open ends now, an earlier one as it did */
export function visitEnded({ at }: VisitPlace, sessions: readonly KioskSession[], why: string): Deed {
  const actor = why === "done" || why === "cancelled" || why === "refused" ? "visitor" : "gateway";
  return {
    changes: sessions.map((session) => ({
      type: "session",
      session: { ...session, endedAt: session.endedAt ?? Math.max(at, session.startedAt) },
    })),
    events: [],
    audit: sessions
      .filter(({ endedAt }) => endedAt === null)
      .map(({ id }) => ({ at, actor, action: "visit-ended", subject: { session: id, reason: why } })),
  };
}

/** A device is in this person's hands from now on: what it measures is theirs, as long as the session is open. */
export const deviceNamed = ({ at }: Pick<DeedPlace, "at">, session: string, deviceId: string): Deed => ({
  changes: [{ type: "session-device", session, device: { deviceId, sinceAt: at } }],
  events: [],
  audit: [],
});

/** The gateway's clock was put right: what was open by the old time ends by it, and goes on by the new. */
export function sessionMoved({ at }: VisitPlace, session: KioskSession, elapsedMs: number): MovedSession {
  const ended: KioskSession = { ...session, endedAt: session.startedAt + Math.max(0, Math.round(elapsedMs)) };
  const next: KioskSession = { ...session, id: randomUUID(), startedAt: at, endedAt: null };
  const subject = { session: next.id, before: session.id, reason: "clock" };
  return {
    ended,
    next,
    deed: {
      changes: [
        { type: "session", session: ended },
        { type: "session-moved", from: session.id, session: next },
      ],
      events: [],
      audit: [{ at, actor: "gateway", action: "visit-started", subject }],
    },
  };
}

interface MovedSession {
  readonly ended: KioskSession;
  readonly next: KioskSession;
  readonly deed: Deed;
}

export function enrolled({ gateway, at }: VisitPlace, assignment: Assignment, device: KnownDevice | null): Deed {
  const { id, deviceId, person, consent, userSlot, fromAt } = assignment;
  const event: EnrolmentEvent = {
    type: "enrolment",
    enrolment: id,
    device: deviceId,
    manufacturer: labelOf(device?.manufacturer),
    model: labelOf(device?.model),
    userSlot,
    person,
    consent,
    fromAt,
  };
  return {
    changes: [{ type: "assignment", assignment }],
    events: [{ v: 1, id: randomUUID(), gateway, at, event }],
    audit: [visitorDid(at, "device-enrolled", { assignment: id, device: deviceId, person, consent, userSlot })],
  };
}

export const audited = (entry: NewAuditEntry): Deed => ({ changes: [], events: [], audit: [entry] });

export const visitorDid = (
  at: number,
  action: NewAuditEntry["action"],
  subject: NewAuditEntry["subject"],
): NewAuditEntry => ({ at, actor: "visitor", action, subject });

const labelOf = (text: string | null | undefined): string | null =>
  text === null || text === undefined || text === "" ? null : text.slice(0, 128);
