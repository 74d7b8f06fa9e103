import type { KioskView } from "../../../../gateway/kiosk/contract/kiosk-view.ts";
import type {
  Language,
  PairingView,
  RangeNote,
  ResultView,
  VisitDevice,
  VisitView,
} from "../../../../gateway/kiosk/contract/visit-view.ts";
import { rangeScale } from "../../../../gateway/kiosk/ranges/range-scale.ts";
import { standardRanges } from "../../../../gateway/kiosk/ranges/range-table.ts";

/** What the gateway may say, for a screen to show. Of people there are only references that mean nothing. */
export const kioskView: KioskView = {
  profile: "kiosk",
  languages: ["en", "es"],
  glucoseUnit: "mg/dL",
  emergencyNumber: "911",
  kinds: ["blood-pressure-monitor", "blood-glucose-meter"],
  isBusy: false,
  outOfOrder: null,
  uplink: "connected",
  staff: "none",
  needsStaff: false,
  isDemo: false,
  version: "0.1.0",
};

export const cuff: VisitDevice = {
  token: "cuff-token-1",
  kind: "blood-pressure-monitor",
  name: "Simulated cuff",
  manufacturer: "Simulated",
  model: "Upper arm 2",
  serialEnd: "0042",
  of: "kiosk",
  userSlots: 0,
};

export const ownCuff: VisitDevice = { ...cuff, token: "cuff-token-2", of: "own", userSlots: 2, name: "BP-2210" };

export const meter: VisitDevice = {
  ...cuff,
  token: "meter-token-1",
  kind: "blood-glucose-meter",
  name: "Simulated meter",
  model: "Meter 1",
};

export const emptyVisit: VisitView = {
  step: "choose",
  language: "en",
  who: "person",
  consent: { version: "2", decision: "given", trend: true },
  consentText: null,
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

const paragraphs: Readonly<Record<Language, readonly (readonly [string, string])[]>> = {
  en: [
    ["What is kept", "Your readings, the device, and the time. Not your name and not your address."],
    ["Who gets it", "Your care team, through the service that your store uses. Nobody else."],
    ["For how long", "Until you withdraw your consent, or until your care team no longer needs them."],
    ["Your rights", "You may say no, and you may change your mind at any time. Just ask the staff here."],
  ],
  es: [
    ["Qué se guarda", "Sus mediciones, el aparato y la hora. No su nombre ni su dirección."],
    ["Quién lo recibe", "Su equipo médico, por el servicio que usa su tienda. Nadie más."],
    ["Por cuánto tiempo", "Hasta que usted retire su permiso o su equipo médico ya no las necesite."],
    ["Sus derechos", "Puede decir que no y cambiar de opinión en cualquier momento. Pregunte al personal."],
  ],
};

export const consentVisit = (language: Language): VisitView => ({
  ...emptyVisit,
  step: "consent",
  consent: null,
  consentText: {
    version: "2",
    language,
    sha256: "a".repeat(64),
    title: language === "en" ? "May we keep your readings?" : "¿Podemos guardar sus mediciones?",
    sections: paragraphs[language].map(([heading, text]) => ({ heading, text })),
    trendQuestion:
      language === "en"
        ? "May this screen show you your earlier readings?"
        : "¿Puede mostrar sus mediciones anteriores?",
  },
});

export const searching: PairingView = {
  phase: "searching",
  candidates: [],
  question: null,
  failure: null,
  remainingMs: 95_000,
};

export const candidates: PairingView["candidates"] = [
  { token: "candidate-1", name: "BP-2210", kind: "blood-pressure-monitor", signal: 4, isNear: true },
  { token: "candidate-2", name: "Upper arm cuff, second of the shelf", kind: null, signal: 3, isNear: true },
  { token: "candidate-3", name: null, kind: null, signal: 1, isNear: false },
];

export const pairVisit = (pairing: Partial<PairingView>): VisitView => ({
  ...emptyVisit,
  step: "pair",
  kind: "blood-pressure-monitor",
  device: pairing.phase === "paired" ? ownCuff : null,
  pairing: { ...searching, ...pairing },
});

export const measuredAt = Date.UTC(2026, 2, 8, 14, 5);

const { bloodPressure: pressureTable, glucose: glucoseTable } = standardRanges;

/** Where a value lies, as the standard tables have it. */
export const pressureNote = (category: string, level: RangeNote["level"]): RangeNote => ({
  category,
  level,
  source: pressureTable.source,
  scale: rangeScale(pressureTable.categories, (each) => [each.systolic, each.diastolic]),
});

export const glucoseNote = (
  category: string,
  level: RangeNote["level"],
  unit: "mg/dL" | "mmol/L" = "mg/dL",
): RangeNote => ({
  category,
  level,
  source: glucoseTable.source,
  scale: rangeScale(glucoseTable.categories, (each) => [each[unit]]),
});

export const pressure: ResultView = {
  id: "5d8f0c60-3a0e-5b1c-9a55-000000000001",
  kind: "blood-pressure",
  systolic: { value: "128", unit: "mmHg", absent: null },
  diastolic: { value: "82", unit: "mmHg", absent: null },
  pulseRate: { value: "71", unit: "/min", absent: null },
  concentration: null,
  measuredAt,
  remarks: [],
  controlSolution: false,
  userSlot: null,
  note: pressureNote("hypertension-stage-1", "raised"),
  delivery: "delivered",
};

export const glucose: ResultView = {
  ...pressure,
  id: "5d8f0c60-3a0e-5b1c-9a55-000000000002",
  kind: "glucose",
  systolic: null,
  diastolic: null,
  pulseRate: null,
  concentration: { value: "104", unit: "mg/dL", absent: null },
  note: glucoseNote("in-range", "in-range"),
};

const dayMs = 86_400_000;

export const pressureTrend: VisitView["trend"] = {
  kind: "blood-pressure",
  unit: "mmHg",
  points: [138, 142, 133, 136, 129, 131, 128].map((systolic, index) => ({
    at: measuredAt - (6 - index) * 4 * dayMs,
    values: [systolic, 78 + ((index * 5) % 9)],
  })),
};

export const glucoseTrend: VisitView["trend"] = {
  kind: "glucose",
  unit: "mg/dL",
  points: [112, 98, 141, 120, 104].map((value, index) => ({
    at: measuredAt - (4 - index) * 2 * dayMs,
    values: [value],
  })),
};

export const resultVisit = (result: ResultView, trend: VisitView["trend"] = null): VisitView => ({
  ...emptyVisit,
  step: "result",
  kind: result.kind === "blood-pressure" ? "blood-pressure-monitor" : "blood-glucose-meter",
  device: result.kind === "blood-pressure" ? cuff : meter,
  results: [result],
  trend,
});
