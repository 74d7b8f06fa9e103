import { type ConsentTexts, standardConsent } from "../consent/consent-texts.ts";
import type { KioskView } from "../contract/kiosk-view.ts";
import { type RangeTables, standardRanges } from "../ranges/range-table.ts";

/** What an operator may decide of visits. Every field has a default in `defaultVisitOptions`. */
export interface VisitOptions extends Pick<
  KioskView,
  "profile" | "languages" | "glucoseUnit" | "kinds" | "emergencyNumber" | "isDemo"
> {
  readonly consent: ConsentTexts;
  readonly ranges: RangeTables;
  /** Nobody has touched the screen for so long: it warns. */
  readonly idleWarnMs: number;
  /** The same while a device is at work, which takes both hands: paired, or measured with. */
  readonly busyWarnMs: number;
  /** So long after the warning the visit ends. */
  readonly idleEndMs: number;
  /** How long `goodbye` is shown. */
  readonly goodbyeMs: number;
  /** A visit that nobody has touched for so long gives way to who begins another one, unless a device is at work. */
  readonly takeoverMs: number;
  /** How long a device may be paired, once its window is open. */
  readonly pairingMs: number;
}

export const defaultVisitOptions: VisitOptions = {
  profile: "kiosk",
  languages: ["en", "es"],
  glucoseUnit: "mg/dL",
  emergencyNumber: "911",
  kinds: ["blood-pressure-monitor", "blood-glucose-meter"],
  isDemo: false,
  consent: standardConsent,
  ranges: standardRanges,
  idleWarnMs: 60_000,
  busyWarnMs: 180_000,
  idleEndMs: 30_000,
  goodbyeMs: 15_000,
  takeoverMs: 15_000,
  pairingMs: 120_000,
};
