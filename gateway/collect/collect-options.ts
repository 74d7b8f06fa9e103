import type { Decimal } from "../../device-drivers/measurement/decimal.ts";

/** How the gateway collects. Every field has a default in `defaultCollectOptions`; a configuration changes some. */
export interface CollectOptions {
  /**
   * Which devices are read: those that an assignment names, those and every device seen before, or any that a driver
   * fits. A device of none of these is connected to at most once an hour, to learn who it is, and never read.
   */
  readonly devices: "assigned" | "known" | "any";
  /** The longest that one connection may last. What is durable by then is kept, and the rest is read next time. */
  readonly sessionMsMax: number;
  /** A device is near while its last advertisement is no older than this. */
  readonly presenceMs: number;
  /** How soon a device that keeps advertising is read again; doubled, up to `revisitMsMax`, while it has nothing new. */
  readonly revisitMs: number;
  readonly revisitMsMax: number;
  /** After a failed session: a random wait below this, doubled by every failure in a row up to the other. */
  readonly retryMs: number;
  readonly retryMsMax: number;
  /**
   * A device that comes near while another is read is connected to at once, so that it stays awake until it is its turn:
   * so many of them, and each for no longer than this.
   */
  readonly earlyLinksMax: number;
  readonly earlyLinkMs: number;
  /** A device clock that is off by no more than this is taken as it stands; one that moved by more has been set. */
  readonly clockToleranceMs: number;
  /** A reading measured no longer ago than this is `fresh`; any older one is `backfill`. */
  readonly freshMs: number;
  /** An alarming reading is `urgent` only if it was measured no longer ago than this, or if nobody knows when. */
  readonly urgentWithinMs: number;
  readonly urgent: UrgentThresholds;
  /** How often a record is asked for again for the sake of a context that its meter announced and did not send. */
  readonly contextRetriesMax: number;
}

/**
 * What needs somebody now. Glucose: ADA Standards of Care, section 6 (level 2 hypoglycaemia is below 54 mg/dL or
 * 3.0 mmol/L) and ATTD consensus on time in range (level 2 hyperglycaemia is above 250 mg/dL or 13.9 mmol/L).
 * Ketones: ISPAD 2022 (1.5 mmol/L and more means a risk of ketoacidosis). Blood pressure: 2017 ACC/AHA guideline
 * (crisis from 180/120 mmHg). A meter's own HI and LO are always urgent.
 */
export interface UrgentThresholds {
  readonly glucose: Readonly<Record<"mg/dL" | "mmol/L", { readonly below: Decimal; readonly above: Decimal }>>;
  readonly ketoneFrom: Readonly<Record<"mg/dL" | "mmol/L", Decimal>>;
  readonly systolicFrom: Decimal;
  readonly diastolicFrom: Decimal;
}

const whole = (mantissa: number): Decimal => ({ mantissa, exponent: 0 });
const tenths = (mantissa: number): Decimal => ({ mantissa, exponent: -1 });

export const defaultCollectOptions: CollectOptions = {
  devices: "known",
  sessionMsMax: 300_000,
  presenceMs: 10_000,
  revisitMs: 10_000,
  revisitMsMax: 300_000,
  retryMs: 1_000,
  retryMsMax: 300_000,
  earlyLinksMax: 2,
  earlyLinkMs: 300_000,
  clockToleranceMs: 120_000,
  freshMs: 900_000,
  urgentWithinMs: 86_400_000,
  urgent: {
    glucose: {
      "mg/dL": { below: whole(54), above: whole(250) },
      "mmol/L": { below: tenths(30), above: tenths(139) },
    },
    // 1 mmol/L of beta-hydroxybutyrate is 10.4 mg/dL.
    ketoneFrom: { "mg/dL": tenths(156), "mmol/L": tenths(15) },
    systolicFrom: whole(180),
    diastolicFrom: whole(120),
  },
  contextRetriesMax: 3,
};
