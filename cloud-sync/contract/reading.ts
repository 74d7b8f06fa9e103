import { z } from "zod";

/**
 * The reading: the unit that is stored and delivered. The schema is the contract, so it is strict: a field that it does
 * not name is an error, not something to pass on unseen. Numbers are decimal texts ("6.0"), which JSON keeps exact.
 */
export type Reading = z.infer<typeof reading>;
export type GlucoseReading = z.infer<typeof glucoseReading>;
export type BloodPressureReading = z.infer<typeof bloodPressureReading>;
export type ReadingTime = z.infer<typeof readingTime>;
export type ReadingQuantity = z.infer<ReturnType<typeof quantityIn>>;

const decimalText = z
  .string()
  .max(160)
  .regex(/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/, "not a plain decimal number");

/** Why there is no number (IEEE 11073-20601 special values). The infinities are a meter's HI and LO. */
const absentReason = z.enum(["nan", "not-at-this-resolution", "positive-infinity", "negative-infinity", "reserved"]);

const quantityIn = <const Units extends readonly [string, ...string[]]>(
  units: Units,
): z.ZodUnion<
  [
    z.ZodObject<{ value: z.ZodString; unit: z.ZodEnum<{ [U in Units[number]]: U }> }, z.core.$strict>,
    z.ZodObject<{ absent: typeof absentReason; unit: z.ZodEnum<{ [U in Units[number]]: U }> }, z.core.$strict>,
  ]
> =>
  z.union([
    z.strictObject({ value: decimalText, unit: z.enum(units) }),
    z.strictObject({ absent: absentReason, unit: z.enum(units) }),
  ]);

const pressure = z.strictObject({ value: decimalText, unit: z.literal("mmHg") });
const label = z.string().min(1).max(64);
const text = z.string().min(1).max(128);

/** ISO 8601 with a zone, to the millisecond at most: the instants of the contract. */
const instant = z.iso.datetime({ offset: true });
/** A device's own date and time, without a zone. Zeros are parts that the device does not know. */
const deviceDateTime = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/);

/** An opaque reference from the store's system; never a name, an e-mail address or a record number. */
export const personReference = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/, "not an opaque reference");

export const gatewayId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, "not a gateway id");

const deviceDescription = z.strictObject({
  /** What the identity of its readings is made from: see `gateway/collect/device-identity.ts`. */
  id: text,
  manufacturer: text.nullable(),
  model: text.nullable(),
  serial: text.nullable(),
  firmware: text.nullable(),
  /** 16 hex digits, OUI first. */
  systemId: z
    .string()
    .regex(/^[0-9A-F]{16}$/)
    .nullable(),
});

/** The four things that are kept of every time, and what was made of them. */
const readingTime = z.strictObject({
  /** What the device's clock said, uncorrected. */
  device: deviceDateTime.nullable(),
  /** Minutes that the device adds to it for its display. */
  deviceOffsetMin: z.int().min(-32_768).max(32_767).nullable(),
  /** When the gateway got it; null if the gateway's own clock was never known to be right in that boot. */
  received: instant.nullable(),
  /** Gateway clock less device clock, as measured in that connection, in milliseconds. */
  clockOffsetMs: z.int().nullable(),
  clockMethod: z.enum(["current-time", "date-time", "vendor", "none"]),
  /** The resulting instant, with the site's UTC offset at that time; null if unknown. */
  measured: instant.nullable(),
  uncertaintyMs: z.int().min(0).nullable(),
  /**
   * `device`: the device's clock as it stands. `device-corrected`: less its measured error. `received`: the device has
   * no clock, so the time of receipt stands in. `unknown`: nobody can say, and nothing is invented.
   */
  basis: z.enum(["device", "device-corrected", "received", "unknown"]),
});

const attribution = z.strictObject({
  /** By whose word it is this person's: an assignment, an open kiosk session, or nobody's. */
  by: z.enum(["assignment", "session", "manual", "none"]),
  /** The assignment or the session, by its id. */
  reference: text.nullable(),
});

const basics = {
  id: z.uuid(),
  /** Starts at 1 and grows when the same reading is completed later, as by a late context or a person. */
  revision: z.int().min(1).max(1_000_000),
  device: deviceDescription,
  person: personReference.nullable(),
  attribution,
  userSlot: z.int().min(0).max(254).nullable(),
  sequenceNumber: z.int().min(0).max(4_294_967_295).nullable(),
  time: readingTime,
  status: z.array(label).max(32),
  /** The frames that it was decoded from, whole: the word of last resort. */
  frames: z
    .array(
      z.strictObject({
        characteristic: z.string().regex(/^[0-9A-F]{4}$|^[0-9A-F-]{36}$/),
        hex: z.string().regex(/^(?:[0-9A-F]{2}){0,512}$/),
      }),
    )
    .min(1)
    .max(16),
};

const glucoseContext = z.strictObject({
  carbohydrate: z.strictObject({ id: label, mass: quantityIn(["g"]) }).optional(),
  meal: label.optional(),
  tester: label.optional(),
  health: label.optional(),
  exercise: z
    .strictObject({ durationS: z.int().min(0).max(65_535).nullable(), intensityPercent: z.int().min(0).max(255) })
    .optional(),
  medication: z.strictObject({ id: label, amount: quantityIn(["mg", "mL"]) }).optional(),
  hba1c: quantityIn(["%"]).optional(),
});

export const glucoseReading = z.strictObject({
  ...basics,
  kind: z.enum(["glucose", "ketone"]),
  concentration: quantityIn(["mg/dL", "mmol/L"]),
  sampleType: label,
  sampleLocation: label,
  /** A test of the meter itself. Its person is always null. */
  controlSolution: z.boolean(),
  context: glucoseContext.nullable(),
});

export const bloodPressureReading = z.strictObject({
  ...basics,
  kind: z.literal("blood-pressure"),
  systolic: pressure,
  diastolic: pressure,
  meanArterialPressure: pressure.nullable(),
  pulseRate: z.strictObject({ value: decimalText, unit: z.literal("/min") }).nullable(),
});

export const reading = z.discriminatedUnion("kind", [glucoseReading, bloodPressureReading]);
