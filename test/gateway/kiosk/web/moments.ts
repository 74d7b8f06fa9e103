import type { Page } from "playwright-core";
import type { KioskView } from "../../../../gateway/kiosk/contract/kiosk-view.ts";
import { standardConsent } from "../../../../gateway/kiosk/consent/consent-texts.ts";
import type { Language, MeasuringView, VisitView } from "../../../../gateway/kiosk/contract/visit-view.ts";
import type { KioskMoment } from "../../../doubles/scripted-kiosk.ts";
import {
  candidates,
  consentVisit,
  cuff,
  emptyVisit,
  glucose,
  glucoseNote,
  glucoseTrend,
  kioskView,
  measuredAt,
  meter,
  ownCuff,
  pairVisit,
  pressure,
  pressureNote,
  pressureTrend,
  resultVisit,
} from "./views.ts";

/** A state of the touch screen: what the gateway says, and what a person has pressed since. */
export interface Moment {
  readonly name: string;
  readonly show: (language: Language) => KioskMoment;
  readonly press?: (page: Page) => Promise<void>;
}

const closed = (name: string, kiosk: Partial<KioskView>): Moment => ({
  name,
  show: () => ({ kiosk: { ...kioskView, ...kiosk }, visit: null }),
});

const during = (
  name: string,
  visit: VisitView | ((language: Language) => VisitView),
  press?: Moment["press"],
): Moment => ({
  name,
  show: (language) => ({
    kiosk: { ...kioskView, isBusy: true },
    visit: { ...(typeof visit === "function" ? visit(language) : visit), language },
  }),
  ...(press === undefined ? {} : { press }),
});

const measuring = (kind: typeof cuff, view: Partial<MeasuringView>): VisitView => ({
  ...emptyVisit,
  step: "measure",
  kind: kind.kind,
  device: kind,
  measuring: { phase: "waiting", failure: null, waitedMs: 4_000, ...view },
});

const pressPrimary = async (page: Page): Promise<void> => {
  await page.locator("main .button--primary").click();
};
const pressTwice = async (page: Page): Promise<void> => {
  const first = (await page.locator("h1").textContent()) ?? "";
  await pressPrimary(page);
  await page.locator("h1").filter({ hasNotText: first }).waitFor();
  await pressPrimary(page);
};
const pressFirst =
  (selector: string) =>
  async (page: Page): Promise<void> => {
    await page.locator(selector).first().click();
  };
const pressLast =
  (selector: string) =>
  async (page: Page): Promise<void> => {
    await page.locator(selector).last().click();
  };

const choosing: VisitView = { ...emptyVisit, kind: "blood-pressure-monitor", devices: [cuff] };

const handOver = (part: Partial<VisitView>): VisitView => ({
  ...resultVisit(pressure),
  step: "hand-over",
  handOver: { devices: [ownCuff], state: "offered" },
  ...part,
});

const question = (asked: NonNullable<NonNullable<VisitView["pairing"]>["question"]>): VisitView =>
  pairVisit({ phase: "asking", question: asked });

const atTheDoor: readonly Moment[] = [
  closed("welcome", {}),
  closed("welcome-demo-offline", { isDemo: true, uplink: "disconnected" }),
  closed("radio-down", { outOfOrder: "radio-down" }),
  closed("store-full", { outOfOrder: "store-full" }),
  closed("in-use", { isBusy: true }),
  closed("needs-staff", { needsStaff: true, staff: "signed-out" }),
  { ...closed("who", {}), press: pressPrimary },
  {
    ...closed("who-letters", {}),
    press: async (page) => {
      await pressPrimary(page);
      await page.locator(".key--word").click();
      await page.locator(".key").first().click();
    },
  },
];

const choice: readonly Moment[] = [
  during("consent", consentVisit),
  during("consent-standard", (language) => ({
    ...consentVisit(language),
    consentText: standardConsent.text(language),
  })),
  during("kinds", emptyVisit),
  during("devices", choosing),
  during("prepare-cuff", choosing, pressLast(".choice")),
  during("prepare-meter", { ...emptyVisit, kind: "blood-glucose-meter", devices: [meter] }, pressLast(".choice")),
];

const pairing: readonly Moment[] = [
  during("searching", pairVisit({})),
  during("searching-far", pairVisit({ candidates: candidates.slice(2) })),
  during("found", pairVisit({ candidates: candidates.slice(0, 1) })),
  during("several", pairVisit({ candidates })),
  during("connecting", pairVisit({ phase: "connecting" })),
  during("enter-passkey", question({ number: 1, ask: "enter-passkey" }), pressFirst(".key")),
  during("show-passkey", question({ number: 1, ask: "show-passkey", passkey: "048213", entered: 2 })),
  during("confirm-passkey", question({ number: 1, ask: "confirm-passkey", passkey: "048213" })),
  during("authorise", question({ number: 1, ask: "authorise" })),
  during("enter-pin", question({ number: 1, ask: "enter-pin" })),
  during("paired", pairVisit({ phase: "paired" })),
  during("pairing-failed", pairVisit({ phase: "failed", failure: { code: "pairing-timeout", mayRetry: true } })),
  during("pairing-stopped", pairVisit({ phase: "failed", failure: { code: "pairing-unsupported", mayRetry: false } })),
];

const measurement: readonly Moment[] = [
  during("measure-cuff-1", measuring(cuff, {})),
  during("measure-cuff-2", measuring(cuff, {}), pressPrimary),
  during("measure-cuff-3", measuring(cuff, { waitedMs: 200_000 }), pressTwice),
  during("measure-meter-1", measuring(meter, {})),
  during("measure-meter-2", measuring(meter, {}), pressPrimary),
  during("measure-meter-3", measuring(meter, {}), pressTwice),
  during("receiving", measuring(cuff, { phase: "receiving" })),
  during("nothing", measuring(cuff, { phase: "nothing" })),
  during("measure-failed", measuring(cuff, { phase: "failed", failure: { code: "link-lost", mayRetry: true } })),
];

const urgentPressure: typeof pressure = {
  ...pressure,
  systolic: { value: "186", unit: "mmHg", absent: null },
  diastolic: { value: "122", unit: "mmHg", absent: null },
  remarks: ["body_movement", "irregular_pulse"],
  note: pressureNote("hypertensive-crisis", "urgent"),
  delivery: "waiting",
};

const lowGlucose: typeof glucose = {
  ...glucose,
  concentration: { value: "2.8", unit: "mmol/L", absent: null },
  note: glucoseNote("hypoglycemia-level-2", "urgent", "mmol/L"),
};

const dayMs = 86_400_000;
/** Of somebody who comes every day. */
const longTrend: NonNullable<VisitView["trend"]> = {
  kind: "blood-pressure",
  unit: "mmHg",
  points: Array.from({ length: 90 }, (_, index) => ({
    at: measuredAt - (89 - index) * dayMs,
    values: [128 + ((index * 7) % 23), 78 + ((index * 5) % 11)],
  })),
};

const outcome: readonly Moment[] = [
  during("result-pressure", resultVisit(pressure)),
  during("result-pressure-trend", resultVisit(pressure, pressureTrend)),
  during("result-remark-trend", resultVisit({ ...pressure, remarks: ["body_movement"] }, longTrend)),
  during("result-trend-table", resultVisit(pressure, pressureTrend), pressFirst(".trend .button")),
  during("result-urgent", resultVisit(urgentPressure)),
  during("result-urgent-trend", resultVisit(urgentPressure, pressureTrend)),
  during("result-glucose-trend", resultVisit(glucose, glucoseTrend)),
  during("result-glucose-low", resultVisit(lowGlucose)),
  during(
    "result-meter-hi",
    resultVisit({
      ...glucose,
      concentration: { value: null, unit: "mg/dL", absent: "high" },
      measuredAt: null,
      note: glucoseNote("meter-high", "urgent"),
      delivery: "held",
    }),
  ),
  during("result-control", resultVisit({ ...glucose, note: null, controlSolution: true, remarks: ["vendor-flag-7"] })),
  during("hand-over", handOver({})),
  during("hand-over-home", handOver({}), pressFirst(".option")),
  during("hand-over-enrolled", handOver({ handOver: { devices: [ownCuff], state: "enrolled" } })),
  during("hand-over-set", handOver({ handOver: { devices: [ownCuff], state: "enrolled" } }), pressFirst(".option")),
  during("hand-over-qr", handOver({}), pressLast(".option")),
  ...(["done", "cancelled", "refused", "timed-out", "by-staff", "stopped"] as const).map((ended) =>
    during(`goodbye-${ended}`, { ...emptyVisit, step: "goodbye", ended }),
  ),
];

const asked: readonly Moment[] = [
  during("stop-asked", choosing, pressLast(".foot .button")),
  during("away", { ...choosing, endsInMs: 25_000 }),
];

/** Every screen, in every state that looks another way. */
export const moments: readonly Moment[] = [...atTheDoor, ...choice, ...pairing, ...measurement, ...outcome, ...asked];
