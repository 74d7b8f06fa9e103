import { createHash, randomBytes } from "node:crypto";
import type { ConsentText, DeviceKind, ResultView, VisitView } from "../../gateway/kiosk/contract/visit-view.ts";
import type { OpenView } from "../../gateway/kiosk/http/kiosk-views.ts";
import { kioskErrors } from "../../gateway/kiosk/kiosk-error.ts";
import type { Visit, VisitDesk } from "../../gateway/kiosk/visit-desk.ts";

/** A kiosk that says yes to everything which the contract allows, without a gateway behind it. */
export interface ScriptedVisitDesk extends VisitDesk {
  /** What was asked of visits, in order. */
  readonly calls: readonly string[];
  /** Changes what everybody sees, and tells. */
  setOpen(changes: Partial<OpenView>): void;
  /** Changes what the visit shows, and tells. */
  show(changes: Partial<VisitView>): void;
  /** The visit is over and forgotten. */
  forget(): void;
}

/** Texts that only the screen of a visit may show: whoever finds one elsewhere has found a leak. */
export const visitMarks = { serialEnd: "Q7Z9", value: "173.25", passkey: "918273" };

export function scriptedVisitDesk(): ScriptedVisitDesk {
  const calls: string[] = [];
  const listeners = new Set<() => void>();
  let open = openView;
  let visit: ScriptedVisit | null = null;
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const asked = (call: string): void => {
    calls.push(call);
    changed();
  };
  return {
    calls,
    kiosk: () => ({ ...open, isBusy: visit !== null }),
    async begin({ person, language }) {
      if (visit !== null) throw kioskErrors.make("kiosk-in-use", "somebody is here");
      visit = scriptedVisit({ ...firstView, who: person === null ? "guest" : "person", language }, asked);
      asked("begin");
      return visit;
    },
    current: () => visit,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    setOpen(changes) {
      open = { ...open, ...changes };
      changed();
    },
    show(changes) {
      visit?.show(changes);
      changed();
    },
    forget() {
      visit = null;
      changed();
    },
  };
}

interface ScriptedVisit extends Visit {
  show(changes: Partial<VisitView>): void;
}

function scriptedVisit(first: VisitView, asked: (call: string) => void): ScriptedVisit {
  let view = first;
  const go = async (call: string, changes: Partial<VisitView> = {}): Promise<void> => {
    view = { ...view, ...changes };
    asked(call);
  };
  return {
    secret: randomBytes(32).toString("base64url"),
    startedAt: 0,
    isOf: () => false,
    view: () => view,
    show: (changes) => (view = { ...view, ...changes }),
    touch: () => asked("touch"),
    setLanguage: (language) => go("language", { language }),
    decideConsent: ({ version, decision, trend }) =>
      go("consent", { step: "choose", consent: { version, decision, trend }, consentText: null }),
    chooseKind: (kind) => go("kind", { kind, devices: [{ ...device, kind }] }),
    openPairing: () => go("open-pairing", { step: "pair", pairing }),
    async choosePairing(token) {
      if (token !== device.token) throw kioskErrors.make("device-unknown-here", "no such candidate");
      await go("choose-pairing");
    },
    answerPairing: () => go("answer-pairing", { pairing: { ...pairing, phase: "paired", question: null } }),
    closePairing: () => go("close-pairing", { step: "choose", pairing: null }),
    measure: () => go("measure", { step: "result", results: [resultOf(view.kind)] }),
    enrol: () => go("enrol", { handOver: { devices: [], state: "enrolled" } }),
    goTo: ({ step }) => go("step", { step, ...(step === "goodbye" ? { ended: "done" } : {}) }),
    end: (ended) => go(`end ${ended}`, { ...firstView, step: "goodbye", ended, consentText: null }),
  };
}

const openView: OpenView = {
  profile: "kiosk",
  languages: ["en", "es"],
  glucoseUnit: "mg/dL",
  emergencyNumber: "911",
  kinds: ["blood-pressure-monitor", "blood-glucose-meter"],
  isBusy: false,
  outOfOrder: null,
  uplink: "connected",
  isDemo: false,
  version: "0.0.0",
};

const consentText: ConsentText = {
  version: "1",
  language: "en",
  sha256: createHash("sha256").update("a text").digest("hex"),
  title: "What happens with your reading",
  sections: [{ heading: "What is kept", text: "A text." }],
  trendQuestion: "May earlier readings be shown?",
};

const firstView: VisitView = {
  step: "consent",
  language: "en",
  who: "guest",
  consent: null,
  consentText,
  kind: null,
  devices: [],
  device: null,
  pairing: null,
  measuring: null,
  results: [],
  trend: null,
  handOver: null,
  ended: null,
  endsInMs: null,
};

const device: VisitView["devices"][number] = {
  token: "token-0001",
  kind: "blood-pressure-monitor",
  name: "BP cuff",
  manufacturer: null,
  model: null,
  serialEnd: visitMarks.serialEnd,
  of: "kiosk",
  userSlots: 0,
};

const pairing: NonNullable<VisitView["pairing"]> = {
  phase: "asking",
  candidates: [{ token: device.token, name: "BP cuff", kind: device.kind, signal: 4, isNear: true }],
  question: { number: 1, ask: "show-passkey", passkey: visitMarks.passkey, entered: 0 },
  failure: null,
  remainingMs: 60_000,
};

const resultOf = (kind: DeviceKind | null): ResultView => ({
  id: "7c0f6f0e-5f0a-5b3c-9d3e-6b1f0f4a2c11",
  kind: kind === "blood-glucose-meter" ? "glucose" : "blood-pressure",
  systolic: { value: visitMarks.value, unit: "mmHg", absent: null },
  diastolic: { value: "80", unit: "mmHg", absent: null },
  pulseRate: null,
  concentration: null,
  measuredAt: 0,
  remarks: [],
  controlSolution: false,
  userSlot: null,
  note: null,
  delivery: "waiting",
});
