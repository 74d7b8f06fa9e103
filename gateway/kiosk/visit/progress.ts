import type { PageSources } from "../../page-sources.ts";
import type { ConsentRecord, Deed, KioskSession } from "../../store/store.ts";
import type { DeviceKind, Language, TrendView, VisitStep, VisitView } from "../contract/visit-view.ts";
import { kioskErrors } from "../kiosk-error.ts";
import type { Measuring } from "./measuring.ts";
import type { VisitFacts } from "./reading-of-visit.ts";
import type { VisitDevices } from "./visit-devices.ts";
import type { VisitOptions } from "./visit-options.ts";
import type { VisitPairing } from "./visit-pairing.ts";
import type { VisitResults } from "./visit-results.ts";

/** All that is known of one visit while it lasts. When it ends this is let go, and with it everything of the person. */
export interface Progress {
  readonly person: string;
  readonly who: VisitView["who"];
  step: VisitStep;
  language: Language;
  consent: ConsentRecord | null;
  /** The open one. */
  session: KioskSession | null;
  /** When it was opened, on the monotonic clock. */
  sessionMs: number;
  /** Of this visit by their ids, also those that have ended. */
  readonly sessions: Map<string, KioskSession>;
  kind: DeviceKind | null;
  /** The token of the chosen device. */
  device: string | null;
  readonly devices: VisitDevices;
  readonly chosen: Set<string>;
  readonly heardOut: Set<string>;
  pairing: VisitPairing | null;
  measuring: Measuring | null;
  readonly results: VisitResults;
  trend: TrendView | null;
  /** Earlier readings were looked at, and that is on record. */
  hasViewed: boolean;
}

/** Where a visit takes place. */
export interface VisitHost {
  readonly sources: PageSources;
  readonly options: VisitOptions;
  /** The screen is to be shown anew. */
  readonly changed: () => void;
  /** Makes it durable, and tries again for as long as that fails. */
  readonly owe: (deed: Deed) => void;
  /** Forgets a device that was paired in a visit and not given to anybody. */
  readonly forget: (device: string) => void;
}

export interface Scene {
  readonly host: VisitHost;
  readonly progress: Progress;
  /** Aborted when the visit ends. */
  readonly over: AbortSignal;
}

/** @throws CarepostError `visit-step-refused` unless the visit is at one of these steps */
export function requireStep({ step }: Progress, ...steps: readonly VisitStep[]): void {
  if (steps.includes(step)) return;
  throw kioskErrors.make("visit-step-refused", `this is not possible at the step ${step}`, { context: { step } });
}

export const factsOf = ({ person, sessions, session, heardOut, chosen, devices }: Progress): VisitFacts => ({
  person,
  sessions: new Set(sessions.keys()),
  openSince: session?.startedAt ?? null,
  heardOut,
  chosen,
  assignments: devices.assignments,
});

export interface ViewTimes {
  readonly nowMs: number;
  readonly endsInMs: number | null;
}

export function viewOf(progress: Progress, options: VisitOptions, times: ViewTimes): VisitView {
  const { step, language, who, consent, kind, devices, device, pairing, measuring, results, trend } = progress;
  const usable = kind === null ? [] : [...devices.list(kind)];
  const isOpen = consent !== null;
  const mayTakeHome = who === "person" && isOpen ? [...devices.paired()] : [];
  const isEnrolled = devices.own.some((own) => own.isEnrolled);
  return {
    step,
    language,
    who,
    consent: consent === null ? null : { version: consent.version, decision: "given", trend: consent.trend },
    consentText: step === "consent" || consent === null ? options.consent.text(language) : null,
    kind,
    devices: isOpen ? usable : [],
    device: usable.find(({ token }) => token === device) ?? null,
    pairing: step === "pair" ? (pairing?.view() ?? null) : null,
    measuring: step === "measure" ? (measuring?.view(times.nowMs) ?? null) : null,
    results: results.views(options.ranges),
    trend: step === "result" || step === "hand-over" ? trend : null,
    handOver: step === "hand-over" ? { devices: mayTakeHome, state: isEnrolled ? "enrolled" : "offered" } : null,
    ended: null,
    endsInMs: times.endsInMs,
  };
}

/** What is left of a visit on the screen: that it is over, and why. */
export function farewell(of: Pick<Progress, "language" | "who">, ended: NonNullable<VisitView["ended"]>): VisitView {
  return {
    step: "goodbye",
    language: of.language,
    who: of.who,
    consent: null,
    consentText: null,
    kind: null,
    devices: [],
    device: null,
    pairing: null,
    measuring: null,
    results: [],
    trend: null,
    handOver: null,
    ended,
    endsInMs: null,
  };
}
