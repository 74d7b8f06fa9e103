import type { KioskView } from "./contract/kiosk-view.ts";
import type { AnswerPairing, DecideConsent, EnrolDevice, GoTo, StartVisit } from "./contract/requests.ts";
import type { DeviceKind, Language, VisitView } from "./contract/visit-view.ts";

/**
 * Where people are led through a visit, one at a time: a port between the HTTP service and what the kiosk does.
 * Everything rejects with `kioskErrors`, or with what pairing and the store reject with.
 */
export interface VisitDesk {
  kiosk(): Omit<KioskView, "staff" | "needsStaff">;
  /** Rejects with `kiosk-in-use` while somebody else's visit is under way, and with `kiosk-out-of-order`. */
  begin(request: StartVisit): Promise<Visit>;
  current(): Visit | null;
  /** Calls back when the kiosk, or the visit, is to be shown anew. Returns what ends it. */
  onChange(listener: () => void): () => void;
}

/** Each resolves when it is done and shown, and counts as a sign of life of the person. */
export interface Visit {
  /** Whoever has it may see and lead this visit: 32 random octets in base64url. It ends with the visit. */
  readonly secret: string;
  readonly startedAt: number;
  /** Is it this person's? */
  isOf(person: string): boolean;
  view(): VisitView;
  touch(): void;
  setLanguage(language: Language): Promise<void>;
  decideConsent(decision: DecideConsent): Promise<void>;
  chooseKind(kind: DeviceKind): Promise<void>;
  /** Opens a window in which one device may be paired. */
  openPairing(): Promise<void>;
  choosePairing(token: string): Promise<void>;
  answerPairing(answer: AnswerPairing): Promise<void>;
  closePairing(): Promise<void>;
  /** Waits for a reading of this device. */
  measure(token: string): Promise<void>;
  enrol(request: EnrolDevice): Promise<void>;
  goTo(request: GoTo): Promise<void>;
  /** Ends it and forgets everything of it; idempotent. `view` then says `goodbye`, and after that there is no visit. */
  end(why: NonNullable<VisitView["ended"]>): Promise<void>;
}
