import { fhirErrors } from "../../../cloud-sync/fhir/fhir-error.ts";
import type { Amount, Finding, GlucoseContextFinding } from "../../../cloud-sync/fhir/finding.ts";
import { timeFault } from "../../../cloud-sync/fhir/status-codes.ts";
import { toHex } from "../../../device-drivers/kit/hex.ts";
import { decimalText, isDecimal } from "../../../device-drivers/measurement/decimal.ts";
import type { GlucoseContext, Quantity, RawFrame } from "../../../device-drivers/measurement/measurement.ts";
import { decodeGlucoseContext } from "../../../device-drivers/profiles/glucose/context-codec.ts";
import { ContextJoiner, type JoinedRecord } from "../../../device-drivers/profiles/glucose/context-joiner.ts";
import {
  decodeGlucoseMeasurement,
  glucoseStatusNames,
  glucoseTypeName,
  type GlucoseMeasurementFrame,
  sampleLocationName,
} from "../../../device-drivers/profiles/glucose/measurement-codec.ts";
import {
  contextOf,
  glucoseIn,
  isControlSolution,
  ketoneIn,
  ketoneMeal,
  valueBytesOf,
} from "../../../device-drivers/profiles/glucose/readout.ts";
import type { FindingMaker } from "./finding-maker.ts";
import { frameIndex, required, type RecordFrame } from "./line-frames.ts";

type GlucoseRecord = Extract<JoinedRecord, { type: "record" }>;

/**
 * Glucose Measurements (2A18), each joined with its context (2A34) whatever comes first, also where the measurement did
 * not announce one. A frame that comes again says nothing new. A test that failed is a finding as well: it says that it
 * failed, and why.
 *
 * @throws CarepostError `frame-rejected`; `fhir-nothing-to-map` for a context without its measurement
 */
export function glucoseFindings(frames: readonly RecordFrame[], maker: FindingMaker): readonly Finding[] {
  const joiner = new ContextJoiner("all");
  const joined = frames.flatMap((frame) =>
    frame.characteristic === "2A34"
      ? joiner.context(required(decodeGlucoseContext(frame.bytes), frame), frame)
      : joiner.measurement(required(decodeGlucoseMeasurement(frame.bytes), frame), frame),
  );
  const all = [...joined, ...joiner.flush()];
  const records = all.filter((one) => one.type === "record");
  const told = new Set(records.flatMap((record) => record.frames.map(octetsOf)));
  for (const one of all) {
    if (one.type === "orphan" && !told.has(octetsOf(one.frame))) throw orphaned(one);
  }
  return records.map((record) => findingOf(record, maker));
}

const octetsOf = ({ characteristic, bytes }: RawFrame): string => characteristic + toHex(bytes);

function orphaned({ sequenceNumber, frame }: Extract<JoinedRecord, { type: "orphan" }>): Error {
  const reason = `a context came for record ${sequenceNumber}, but no measurement`;
  return fhirErrors.make("fhir-nothing-to-map", reason, { context: { frame: frameIndex(frame) } });
}

function findingOf(record: GlucoseRecord, maker: FindingMaker): Finding {
  const { measurement, context, frames } = record;
  const { quirks } = maker.device;
  if (quirks.ketoneAsMeal6 && measurement.contextFollows && context === null) {
    const reason = "without its context this record of the meter may be a glucose or a ketone";
    throw fhirErrors.make("fhir-nothing-to-map", reason, { context: { frame: frameIndex(frames[0]) } });
  }
  const kind = quirks.ketoneAsMeal6 && context?.meal === ketoneMeal ? "ketone" : "glucose";
  const status = glucoseStatusNames(measurement.status ?? 0);
  const { baseTime, timeOffsetMin, sequenceNumber } = measurement;
  const basics = maker.basics({
    kind,
    deviceTime: baseTime === "invalid" ? null : baseTime,
    offsetMin: timeOffsetMin,
    sequenceNumber,
    userSlot: null,
    userIndex: null,
    valueBytes: valueBytesOf(measurement, frames),
    status,
    hasClockFault: status.includes(timeFault),
    frames,
  });
  return {
    ...basics,
    kind,
    concentration: concentrationOf(measurement, kind, status),
    sampleType: glucoseTypeName(measurement.type ?? 0),
    sampleLocation: sampleLocationName(measurement.sampleLocation ?? 0),
    controlSolution: isControlSolution(measurement),
    context: context === null ? null : contextAmounts(contextOf(context)),
  };
}

/** The annunciations that say that there is no valid result (GSS 3.101). */
const failures = [
  "sensor_malfunction",
  "sample_size_insufficient",
  "strip_insertion_error",
  "strip_type_incorrect",
  "temperature_too_high",
  "temperature_too_low",
  "read_interrupted",
  "general_device_fault",
];

type Concentration = Amount<"mg/dL" | "mmol/L">;

/** The status has the last word: a number beside "result too high" is not the concentration. */
function concentrationOf(
  { concentration }: GlucoseMeasurementFrame,
  kind: "glucose" | "ketone",
  status: readonly string[],
): Concentration | null {
  const isFailed = failures.some((name) => status.includes(name));
  if (concentration === null) return isFailed ? { absent: "failed", unit: "mg/dL" } : null;
  const { unit, number } = kind === "ketone" ? ketone(concentration) : glucose(concentration);
  const isHigh = status.includes("result_too_high") || number === "positive-infinity";
  const isLow = status.includes("result_too_low") || number === "negative-infinity";
  if (isFailed || (isHigh && isLow)) return { absent: "failed", unit };
  if (isHigh) return { absent: "positive-infinity", unit };
  if (isLow) return { absent: "negative-infinity", unit };
  if (!isDecimal(number)) return { absent: number, unit };
  // FFFF is the number -0.1, which meters send where they have no value; zero is as little a concentration.
  return number.mantissa > 0 ? { value: decimalText(number), unit } : { absent: "failed", unit };
}

type FrameConcentration = NonNullable<GlucoseMeasurementFrame["concentration"]>;
const glucose = ({ unit, number }: FrameConcentration): Quantity<"mg/dL" | "mmol/L"> => glucoseIn(unit, number);
const ketone = ({ unit, number }: FrameConcentration): Quantity<"mg/dL" | "mmol/L"> => ketoneIn(unit, number);

function contextAmounts({ carbohydrate, medication, hba1c, ...rest }: GlucoseContext): GlucoseContextFinding {
  return {
    ...rest,
    ...(carbohydrate === undefined ? {} : { carbohydrate: { id: carbohydrate.id, mass: amount(carbohydrate.mass) } }),
    ...(medication === undefined ? {} : { medication: { id: medication.id, amount: amount(medication.amount) } }),
    ...(hba1c === undefined ? {} : { hba1c: amount(hba1c) }),
  };
}

const amount = <Unit extends string>({ number, unit }: Quantity<Unit>): Amount<Unit> =>
  isDecimal(number) ? { value: decimalText(number), unit } : { absent: number, unit };
