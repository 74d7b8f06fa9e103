import type { MedicalNumber } from "../../measurement/decimal.ts";
import { ByteReader } from "../../kit/byte-reader.ts";
import { ByteWriter } from "../../kit/byte-writer.ts";
import type { DecodeFault } from "../../kit/decode-fault.ts";
import { tooShort } from "../../kit/frame-fault.ts";
import { nameOf } from "../../kit/name-table.ts";
import { fail, ok } from "../../kit/result.ts";
import type { Result } from "../../kit/result.ts";

/**
 * Glucose Measurement Context (2A34), as it is on the wire. It belongs to the Glucose Measurement with the
 * same sequence number. Enumerated fields are numbers; the name functions below tell them.
 */
export interface GlucoseContextFrame {
  readonly sequenceNumber: number;
  readonly extendedFlags: number | null;
  /** `mass` is in kg. */
  readonly carbohydrate: { readonly id: number; readonly mass: MedicalNumber } | null;
  readonly meal: number | null;
  readonly testerHealth: { readonly tester: number; readonly health: number } | null;
  /** `durationS` is null where the meter's counter ran over (FFFF). */
  readonly exercise: { readonly durationS: number | null; readonly intensityPercent: number } | null;
  readonly medication: { readonly id: number; readonly amount: MedicalNumber; readonly unit: "kg" | "L" } | null;
  /** In percent. */
  readonly hba1c: MedicalNumber | null;
}

const flag = {
  carbohydrate: 0b1,
  meal: 0b10,
  testerHealth: 0b100,
  exercise: 0b1000,
  medication: 0b1_0000,
  medicationInLitres: 0b10_0000,
  hba1c: 0b100_0000,
  extendedFlags: 0b1000_0000,
} as const;

const headerOctets = 3;
const durationOverrun = 0xffff;

/**
 * Octets after the last flagged field are ignored.
 * Faults: `too_short` when the flags promise more octets than there are.
 */
export function decodeGlucoseContext(bytes: Uint8Array): Result<GlucoseContextFrame, DecodeFault> {
  const flags = bytes[0] ?? 0;
  const required = requiredOctets(flags);
  if (bytes.length < required) return fail(tooShort("Glucose Measurement Context", bytes, required));

  const has = (bit: number): boolean => (flags & bit) !== 0;
  const reader = new ByteReader(bytes, 1);
  return ok({
    sequenceNumber: reader.uint16(),
    extendedFlags: has(flag.extendedFlags) ? reader.uint8() : null,
    carbohydrate: has(flag.carbohydrate) ? { id: reader.uint8(), mass: reader.sfloat() } : null,
    meal: has(flag.meal) ? reader.uint8() : null,
    testerHealth: has(flag.testerHealth) ? readTesterHealth(reader) : null,
    exercise: has(flag.exercise) ? readExercise(reader) : null,
    medication: has(flag.medication)
      ? { id: reader.uint8(), amount: reader.sfloat(), unit: has(flag.medicationInLitres) ? "L" : "kg" }
      : null,
    hba1c: has(flag.hba1c) ? reader.sfloat() : null,
  });
}

/** Throws `RangeError` for a field that does not fit. */
export function encodeGlucoseContext(frame: GlucoseContextFrame): Uint8Array {
  const { extendedFlags, carbohydrate, meal, testerHealth, exercise, medication, hba1c } = frame;
  const writer = new ByteWriter().uint8(flagsOf(frame)).uint16(frame.sequenceNumber);
  if (extendedFlags !== null) writer.uint8(extendedFlags);
  if (carbohydrate !== null) writer.uint8(carbohydrate.id).sfloat(carbohydrate.mass);
  if (meal !== null) writer.uint8(meal);
  if (testerHealth !== null) writer.uint8(testerHealth.tester + 16 * testerHealth.health);
  if (exercise !== null) writer.uint16(exercise.durationS ?? durationOverrun).uint8(exercise.intensityPercent);
  if (medication !== null) writer.uint8(medication.id).sfloat(medication.amount);
  if (hba1c !== null) writer.sfloat(hba1c);
  return writer.bytes();
}

function requiredOctets(flags: number): number {
  const octets = (bit: number, length: number): number => ((flags & bit) === 0 ? 0 : length);
  return (
    headerOctets +
    octets(flag.extendedFlags, 1) +
    octets(flag.carbohydrate, 3) +
    octets(flag.meal, 1) +
    octets(flag.testerHealth, 1) +
    octets(flag.exercise, 3) +
    octets(flag.medication, 3) +
    octets(flag.hba1c, 2)
  );
}

const flagsOf = (frame: GlucoseContextFrame): number =>
  (frame.carbohydrate === null ? 0 : flag.carbohydrate) |
  (frame.meal === null ? 0 : flag.meal) |
  (frame.testerHealth === null ? 0 : flag.testerHealth) |
  (frame.exercise === null ? 0 : flag.exercise) |
  (frame.medication === null ? 0 : flag.medication) |
  (frame.medication?.unit === "L" ? flag.medicationInLitres : 0) |
  (frame.hba1c === null ? 0 : flag.hba1c) |
  (frame.extendedFlags === null ? 0 : flag.extendedFlags);

function readTesterHealth(reader: ByteReader): { readonly tester: number; readonly health: number } {
  const octet = reader.uint8();
  return { tester: octet & 0x0f, health: octet >> 4 };
}

function readExercise(reader: ByteReader): { readonly durationS: number | null; readonly intensityPercent: number } {
  const durationS = reader.uint16();
  return { durationS: durationS === durationOverrun ? null : durationS, intensityPercent: reader.uint8() };
}

/** "breakfast", ..., "brunch". */
export const carbohydrateName = (id: number): string => nameOf(carbohydrateNames, id);

/** "preprandial", "postprandial", "fasting", "casual", "bedtime". */
export const mealName = (meal: number): string => nameOf(mealNames, meal);

/** "self", "health_care_professional", "lab_test", "not_available". */
export const testerName = (tester: number): string => nameOf(testerNames, tester);

/** "minor_health_issues", ..., "no_health_issues", "not_available". */
export const healthName = (health: number): string => nameOf(healthNames, health);

/** "rapid_acting_insulin", ..., "premixed_insulin". */
export const medicationName = (id: number): string => nameOf(medicationNames, id);

const carbohydrateNames = {
  1: "breakfast",
  2: "lunch",
  3: "dinner",
  4: "snack",
  5: "drink",
  6: "supper",
  7: "brunch",
};

const mealNames = { 1: "preprandial", 2: "postprandial", 3: "fasting", 4: "casual", 5: "bedtime" };

const testerNames = { 1: "self", 2: "health_care_professional", 3: "lab_test", 15: "not_available" };

const healthNames = {
  1: "minor_health_issues",
  2: "major_health_issues",
  3: "during_menses",
  4: "under_stress",
  5: "no_health_issues",
  15: "not_available",
};

const medicationNames = {
  1: "rapid_acting_insulin",
  2: "short_acting_insulin",
  3: "intermediate_acting_insulin",
  4: "long_acting_insulin",
  5: "premixed_insulin",
};
