import {
  reading as readingSchema,
  type BloodPressureReading,
  type GlucoseReading,
  type Reading,
  type ReadingQuantity,
} from "../../cloud-sync/contract/reading.ts";
import { toHex } from "../../device-drivers/kit/hex.ts";
import { fail, ok, type Result } from "../../device-drivers/kit/result.ts";
import { decimalText, isDecimal, type Decimal } from "../../device-drivers/measurement/decimal.ts";
import type {
  BloodPressureReadout,
  GlucoseContext,
  GlucoseReadout,
  Measurement,
  Quantity,
} from "../../device-drivers/measurement/measurement.ts";
import type { Attribution } from "./attribution.ts";

/** All that a measurement needs to become a reading. */
export interface ReadingParts {
  readonly id: string;
  readonly device: Reading["device"];
  readonly time: Reading["time"];
  readonly owner: Attribution;
}

/**
 * A measurement as a reading of the delivery contract, validated by the contract itself. A measurement that the
 * contract refuses gives the paths and rules that it breaks, without its values.
 */
export function readingOf(measurement: Measurement, parts: ReadingParts): Result<Reading, string> {
  const candidate = measurement.kind === "blood-pressure" ? pressure(measurement, parts) : glucose(measurement, parts);
  const checked = readingSchema.safeParse(candidate);
  if (checked.success) return ok(checked.data);
  const issues = checked.error.issues.map(({ path, code }) => `${path.map(String).join(".")}: ${code}`);
  return fail(issues.slice(0, 8).join("; "));
}

function glucose(readout: GlucoseReadout, parts: ReadingParts): GlucoseReading {
  return {
    ...basics(readout, parts),
    kind: readout.kind,
    concentration: quantity(readout.concentration),
    sampleType: readout.sampleType,
    sampleLocation: readout.sampleLocation,
    controlSolution: readout.controlSolution,
    context: readout.context === null ? null : context(readout.context),
  };
}

function pressure(readout: BloodPressureReadout, parts: ReadingParts): BloodPressureReading {
  const { systolic, diastolic, meanArterialPressure, pulseRate } = readout;
  return {
    ...basics(readout, parts),
    kind: readout.kind,
    systolic: mmHg(systolic),
    diastolic: mmHg(diastolic),
    meanArterialPressure: meanArterialPressure === null ? null : mmHg(meanArterialPressure),
    pulseRate: pulseRate === null ? null : { value: decimalText(pulseRate), unit: "/min" },
  };
}

function basics(readout: Measurement, parts: ReadingParts): Omit<BloodPressureReading, "kind" | PressureField> {
  return {
    id: parts.id,
    revision: 1,
    device: parts.device,
    ...parts.owner,
    userSlot: readout.userSlot,
    sequenceNumber: readout.sequenceNumber,
    time: parts.time,
    status: [...readout.status],
    frames: readout.frames.map(({ characteristic, bytes }) => ({ characteristic, hex: toHex(bytes) })),
  };
}

type PressureField = "systolic" | "diastolic" | "meanArterialPressure" | "pulseRate";

function context(said: GlucoseContext): NonNullable<GlucoseReading["context"]> {
  const { carbohydrate, medication, hba1c, exercise, ...labels } = said;
  return {
    ...labels,
    ...(exercise === undefined ? {} : { exercise: { ...exercise } }),
    ...(carbohydrate === undefined ? {} : { carbohydrate: { id: carbohydrate.id, mass: quantity(carbohydrate.mass) } }),
    ...(medication === undefined ? {} : { medication: { id: medication.id, amount: quantity(medication.amount) } }),
    ...(hba1c === undefined ? {} : { hba1c: quantity(hba1c) }),
  };
}

const mmHg = (value: Decimal): { value: string; unit: "mmHg" } => ({ value: decimalText(value), unit: "mmHg" });

function quantity<Unit extends string>({ number, unit }: Quantity<Unit>): QuantityText<Unit> {
  return isDecimal(number) ? { value: decimalText(number), unit } : { absent: number, unit };
}

type QuantityText<Unit extends string> =
  | { value: string; unit: Unit }
  | { absent: Extract<ReadingQuantity, { absent: unknown }>["absent"]; unit: Unit };
