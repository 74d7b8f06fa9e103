import type { KioskView } from "../../contract/kiosk-view.ts";
import type { LiveEvent } from "../../contract/live.ts";
import type { AnswerPairing, DecideConsent, GoTo } from "../../contract/requests.ts";
import type { DeviceKind, Language, VisitView } from "../../contract/visit-view.ts";
import { type ApiClient, Refusal } from "../live/api-client.ts";
import type { LiveClient, LiveListeners } from "../live/live-client.ts";
import { withSameParts } from "../live/same-parts.ts";
import { createStore, type Store } from "../live/store.ts";

/** All that the touch screen knows: what the gateway said last. It is in memory only, and goes with the visit. */
export interface KioskState {
  readonly kiosk: KioskView | null;
  readonly visit: VisitView | null;
  /** When the snapshot of the visit came, by `performance.now()`: what it says of time to come counts from there. */
  readonly visitAt: number;
  /** Whether the gateway is heard. */
  readonly isHeard: boolean;
  /** Something that the person asked for is under way. */
  readonly isBusy: boolean;
  /** The code of what was refused last. */
  readonly failure: string | null;
}

/** Each shows what becomes of it: in the next snapshot, or as `failure`. */
export interface KioskSession {
  readonly state: Store<KioskState>;
  readonly begin: (person: string | null, language: Language) => void;
  readonly setLanguage: (language: Language) => void;
  readonly decideConsent: (decision: DecideConsent) => void;
  readonly chooseKind: (kind: DeviceKind) => void;
  readonly openPairing: () => void;
  readonly choosePairing: (device: string) => void;
  readonly answerPairing: (answer: AnswerPairing) => void;
  /** Breaks the pairing off, and goes back to the choice of devices. */
  readonly leavePairing: () => void;
  readonly measure: (device: string) => void;
  readonly enrol: (device: string, userSlot: number | null) => void;
  readonly goTo: (step: GoTo["step"]) => void;
  /** A sign of life, at most every few seconds. */
  readonly touch: () => void;
  readonly end: () => void;
  /** Takes the last screen of a visit away, before it goes by itself. */
  readonly close: () => void;
  readonly dismissFailure: () => void;
}

export function createKioskSession(api: ApiClient, open: (listeners: LiveListeners) => LiveClient): KioskSession {
  const state = createStore<KioskState>(nothing);
  const change = (part: Partial<KioskState>): void =>
    state.set(withSameParts({ ...state.get(), ...part }, state.get()));
  let snapshots = 0;
  /** The person has closed the last screen of their visit: what the gateway still says of it is not shown. */
  let hasClosed = false;
  let touchedAt = -touchPauseMs;

  const show = (visit: VisitView | null): void => change(snapshotAfter(state.get(), visit));
  const hear = (event: LiveEvent): void => {
    if (event.event === "kiosk") change({ kiosk: event.data });
    if (event.event !== "visit" || (hasClosed && event.data?.step === "goodbye")) return;
    snapshots += 1;
    hasClosed = false;
    show(event.data);
  };
  const hearGateway = (isHeard: boolean): void => {
    change({ isHeard });
    if (isHeard) api.prepare();
  };
  const live = open({ onEvent: hear, onHeard: hearGateway });

  /** A snapshot that came while the answer was on its way may be the newer one, and the answer is then let go. */
  const act = async (work: () => Promise<VisitView | null>): Promise<void> => {
    if (state.get().isBusy) return;
    const before = snapshots;
    change({ isBusy: true, failure: null });
    try {
      const visit = await work();
      if (snapshots === before) show(visit);
    } catch (error) {
      const code = error instanceof Refusal ? error.code : "unclear";
      change({ failure: code });
      if (code === "visit-over" || code === "visit-needed") show(null);
    } finally {
      change({ isBusy: false });
    }
  };
  const post = (path: string, body: object): void => void act(() => api.post<VisitView>(`/api/visit${path}`, body));

  return {
    state,
    begin: (person, language) =>
      void act(() => api.post<VisitView>("/api/visit", { person, language })).then(() => live.reopen()),
    setLanguage: (language) => post("/language", { language }),
    decideConsent: (decision) => post("/consent", decision),
    chooseKind: (kind) => post("/kind", { kind }),
    openPairing: () => post("/pairing", {}),
    choosePairing: (device) => post("/pairing/choice", { device }),
    answerPairing: (answer) => post("/pairing/answer", answer),
    leavePairing: () =>
      void act(async () => {
        const visit = await api.remove<VisitView>("/api/visit/pairing");
        return visit.step === "pair" ? api.post<VisitView>("/api/visit/step", { step: "choose" }) : visit;
      }),
    measure: (device) => post("/measurement", { device }),
    enrol: (device, userSlot) => post("/enrolment", { device, userSlot }),
    goTo: (step) => post("/step", { step }),
    touch: () => {
      if (performance.now() - touchedAt < touchPauseMs || state.get().visit === null) return;
      touchedAt = performance.now();
      // What ends the visit says so itself; a sign of life that is lost is followed by others.
      api.post<VisitView>("/api/visit/touch", {}).catch(() => (touchedAt = -touchPauseMs));
    },
    end: () => void act(() => api.remove<VisitView | null>("/api/visit")),
    close: () => {
      hasClosed = true;
      show(null);
    },
    dismissFailure: () => change({ failure: null }),
  };
}

/** The snapshot, as far as it says anything that the one before it did not. */
function snapshotAfter(
  { visit: before, visitAt }: KioskState,
  visit: VisitView | null,
): Pick<KioskState, "visit" | "visitAt"> {
  const shown = visit === null || before === null ? visit : withSameParts(visit, before);
  return { visit: shown, visitAt: shown === before && !isCounting(shown) ? visitAt : performance.now() };
}

/** It says of something how long it is still to take, or has taken, which counts from when that was said. */
const isCounting = (visit: VisitView | null): boolean =>
  visit !== null && (visit.endsInMs !== null || visit.pairing !== null || visit.measuring !== null);

const touchPauseMs = 4_000;

const nothing: KioskState = { kiosk: null, visit: null, visitAt: 0, isHeard: true, isBusy: false, failure: null };
