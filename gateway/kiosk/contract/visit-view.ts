import { z } from "zod";

/**
 * One person's visit to the kiosk, as the touch screen sees it: whole, and sent anew at each change, so that a page
 * that was loaded again shows the same. It holds readings: it goes to the screen of this visit only, and is never kept
 * or logged. Devices are named by tokens that mean nothing outside of the visit.
 */
export type VisitView = z.infer<typeof visitView>;
export type VisitStep = VisitView["step"];
export type PairingView = z.infer<typeof pairingView>;
export type PairingQuestion = z.infer<typeof pairingQuestion>;
export type MeasuringView = z.infer<typeof measuringView>;
export type ResultView = z.infer<typeof resultView>;
export type RangeNote = z.infer<typeof rangeNote>;
export type TrendView = z.infer<typeof trendView>;
export type DeviceKind = z.infer<typeof deviceKind>;
export type Language = z.infer<typeof language>;

export const language = z.enum(["en", "es"]);
export const deviceKind = z.enum(["blood-pressure-monitor", "blood-glucose-meter"]);
export const deviceToken = z.string().regex(/^[A-Za-z0-9_-]{8,32}$/, "not a device of this visit");

/**
 * `consent` → `choose` → `pair` (not for a device that is paired here already) → `measure` → `result` → `hand-over` →
 * `goodbye`. There is no visit on the screens before it: welcome, and who.
 */
export const visitStep = z.enum(["consent", "choose", "pair", "measure", "result", "hand-over", "goodbye"]);

/** What went wrong, by a code of `carepost-error.ts`: the screen has plain words, and the next thing to do, for each. */
const failure = z.strictObject({ code: z.string().max(64), mayRetry: z.boolean() });

export const consentView = z.strictObject({
  /** The text that was shown: its version, and the SHA-256 of its words in the language that was read, in hex. */
  version: z.string().max(32),
  decision: z.enum(["given", "refused"]),
  /** Earlier readings of this person at this kiosk may be shown as a trend. */
  trend: z.boolean(),
});

/** A text as it is put before a person: paragraphs without mark-up. */
export const consentText = z.strictObject({
  version: z.string().max(32),
  language,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  title: z.string().max(200),
  /** Each with a heading of its own: what is kept, who gets it, for how long, your rights. */
  sections: z
    .array(z.strictObject({ heading: z.string().max(200), text: z.string().max(2_000) }))
    .min(1)
    .max(12),
  trendQuestion: z.string().max(500),
});
export type ConsentText = z.infer<typeof consentText>;

/** A device that this visit may use. */
export const visitDevice = z.strictObject({
  token: deviceToken,
  kind: deviceKind,
  name: z.string().max(248).nullable(),
  manufacturer: z.string().max(128).nullable(),
  model: z.string().max(128).nullable(),
  /** The end of the serial number, for a person to compare with the label. */
  serialEnd: z.string().max(4).nullable(),
  /** `kiosk`: it stays here, for everybody. `own`: it was paired in this visit. */
  of: z.enum(["kiosk", "own"]),
  /** It keeps its users apart by slots, as far as is known: a person then says which is theirs. */
  userSlots: z.int().min(0).max(8),
});
export type VisitDevice = z.infer<typeof visitDevice>;

const candidate = z.strictObject({
  token: deviceToken,
  name: z.string().max(248).nullable(),
  kind: deviceKind.nullable(),
  /** Bars, 0 … 4. */
  signal: z.int().min(0).max(4),
  /** Near enough to be paired. */
  isNear: z.boolean(),
});

/** What the device's way of pairing asks of the person (Core Vol 3 Part H 2.3.5). */
export const pairingQuestion = z.discriminatedUnion("ask", [
  z.strictObject({ number: z.int().min(0), ask: z.literal("enter-passkey") }),
  z.strictObject({
    number: z.int().min(0),
    ask: z.literal("show-passkey"),
    passkey: z.string().regex(/^\d{6}$/),
    entered: z.int().min(0).max(6),
  }),
  z.strictObject({ number: z.int().min(0), ask: z.literal("confirm-passkey"), passkey: z.string().regex(/^\d{6}$/) }),
  z.strictObject({ number: z.int().min(0), ask: z.literal("authorise") }),
  z.strictObject({ number: z.int().min(0), ask: z.literal("enter-pin") }),
]);

export const pairingView = z.strictObject({
  /** `searching` and `connecting` wait for the device, `asking` for the person, `failed` for another attempt. */
  phase: z.enum(["searching", "connecting", "asking", "paired", "failed"]),
  candidates: z.array(candidate).max(16),
  question: pairingQuestion.nullable(),
  failure: failure.nullable(),
  /** How long the window is still open, in milliseconds; 0 when it has closed. */
  remainingMs: z.int().min(0),
});

export const measuringView = z.strictObject({
  /** `waiting`: for the device to show a reading. `receiving`: it is connected. `nothing`: it had nothing new. */
  phase: z.enum(["waiting", "receiving", "nothing", "failed"]),
  failure: failure.nullable(),
  /** How long it has been waited for, in milliseconds. */
  waitedMs: z.int().min(0),
});

const quantity = z.strictObject({
  /** As the device said it; null with `absent`. */
  value: z.string().max(160).nullable(),
  unit: z.enum(["mmHg", "/min", "mg/dL", "mmol/L"]),
  /** A meter's HI and LO, or no number at all. */
  absent: z.enum(["high", "low", "none"]).nullable(),
});
export type QuantityView = z.infer<typeof quantity>;

const rangeLevel = z.enum(["low", "in-range", "raised", "high", "urgent"]);

/** Where a value lies, by a published table that is configuration: a note, not a diagnosis. */
export const rangeNote = z.strictObject({
  /** The table's own name of the category: the screen has words for it. */
  category: z.string().max(64),
  /** `urgent`: the screen says what to do now. */
  level: rangeLevel,
  /** Whose table it is, for example "ACC/AHA 2017". */
  source: z.string().max(200),
  /** The table's categories in the unit of this reading, from the lowest values to the highest. */
  scale: z
    .array(
      z.strictObject({
        category: z.string().max(64),
        level: rangeLevel,
        /** The limit to the next one, as the source has it: "130/80"; null for the last. */
        until: z.string().max(32).nullable(),
      }),
    )
    .max(16),
});

export const resultView = z.strictObject({
  id: z.uuid(),
  kind: z.enum(["blood-pressure", "glucose", "ketone"]),
  systolic: quantity.nullable(),
  diastolic: quantity.nullable(),
  pulseRate: quantity.nullable(),
  concentration: quantity.nullable(),
  /** Milliseconds since 1970; null if nobody can say when it was. */
  measuredAt: z.int().nullable(),
  /** What the device said of how it was measured: "body-movement", "cuff-too-loose", "irregular-pulse", … */
  remarks: z.array(z.string().max(64)).max(32),
  controlSolution: z.boolean(),
  /** The user slot of the device under which it was stored; null where it has none. */
  userSlot: z.int().min(0).max(254).nullable(),
  note: rangeNote.nullable(),
  /** `held`: it is kept here as nobody's until staff decide. */
  delivery: z.enum(["waiting", "delivered", "held"]),
});

export const trendView = z.strictObject({
  kind: z.enum(["blood-pressure", "glucose"]),
  unit: z.enum(["mmHg", "mg/dL", "mmol/L"]),
  /** Oldest first. `values`: systolic and diastolic, or the one concentration; for the eye only, so plain numbers. */
  points: z.array(z.strictObject({ at: z.int(), values: z.array(z.number()).min(1).max(2) })).max(200),
});

export const handOverView = z.strictObject({
  /** The devices that this person may take home: those that were paired in this visit. */
  devices: z.array(visitDevice).max(4),
  /** `enrolled`: their home hub will be told. */
  state: z.enum(["offered", "enrolled"]),
});

export const visitView = z.strictObject({
  step: visitStep,
  language,
  /** A guest's reference is made up here, and means nothing anywhere else. */
  who: z.enum(["person", "guest"]),
  consent: consentView.nullable(),
  /** What is to be read, before there is a decision. */
  consentText: consentText.nullable(),
  kind: deviceKind.nullable(),
  /** The kiosk's own devices and those paired in this visit, of the chosen kind. */
  devices: z.array(visitDevice).max(16),
  device: visitDevice.nullable(),
  pairing: pairingView.nullable(),
  measuring: measuringView.nullable(),
  /** Of this visit, the newest first. */
  results: z.array(resultView).max(32),
  trend: trendView.nullable(),
  handOver: handOverView.nullable(),
  /** Set at `goodbye`: why the visit is over. */
  ended: z.enum(["done", "cancelled", "refused", "timed-out", "by-staff", "stopped"]).nullable(),
  /** The person has done nothing for a while: the visit ends by itself after this, in milliseconds. Null before that. */
  endsInMs: z.int().min(0).nullable(),
});
