import type { Amount, Finding } from "../../../cloud-sync/fhir/finding.ts";
import { fhirErrors } from "../../../cloud-sync/fhir/fhir-error.ts";
import { decimalText, isDecimal, type MedicalNumber } from "../../../device-drivers/measurement/decimal.ts";
import { recordOfEnhanced, recordOfMeasurement } from "../../../device-drivers/profiles/blood-pressure/cuff-record.ts";
import {
  type CuffRecord,
  kilopascalToMmHg,
  statusOf,
  valueBytesOf,
} from "../../../device-drivers/profiles/blood-pressure/readout.ts";
import {
  decodeRecordSegment,
  joinRecordSegments,
  type RecordSegment,
} from "../../../device-drivers/profiles/blood-pressure/record-codec.ts";
import type { FindingMaker } from "./finding-maker.ts";
import { required, type RecordFrame } from "./line-frames.ts";

/** Blood pressures of 2A35, of 2B34, and of 2B36, whose segments are put together first. */
export function pressureFindings(
  frames: readonly RecordFrame[],
  hasCrc: boolean,
  maker: FindingMaker,
): readonly Finding[] {
  const segments = new SegmentCollector(hasCrc);
  const records = frames.flatMap((frame): readonly CuffRecord[] => {
    if (frame.characteristic === "2A35") {
      return [required(recordOfMeasurement(frame, maker.device.quirks.bloodPressureLayout), frame)];
    }
    if (frame.characteristic === "2B36") return segments.take(frame);
    return [required(recordOfEnhanced(frame.bytes, { hasCrc, sequenceNumber: null, frames: [frame] }), frame)];
  });
  segments.requireNone();
  return records.map((record) => findingOf(record, maker));
}

const enhancedMeasurement = 0x2b34;

class SegmentCollector {
  readonly #hasCrc: boolean;
  #waiting: { readonly segment: RecordSegment; readonly frame: RecordFrame }[] = [];

  constructor(hasCrc: boolean) {
    this.#hasCrc = hasCrc;
  }

  /** The record that the segment completes; none if there are more to come, or if it holds no measurement. */
  take(frame: RecordFrame): readonly CuffRecord[] {
    const segment = required(decodeRecordSegment(frame.bytes), frame);
    this.#waiting.push({ segment, frame });
    if (!segment.lastSegment) return [];
    const all = this.#waiting.splice(0);
    const { uuid, data, sequenceNumber } = required(joinRecordSegments(all.map((one) => one.segment)), frame);
    if (uuid !== enhancedMeasurement) return [];
    const source = { hasCrc: this.#hasCrc, sequenceNumber, frames: all.map((one) => one.frame) };
    return [required(recordOfEnhanced(data, source), frame)];
  }

  requireNone(): void {
    if (this.#waiting.length === 0) return;
    throw fhirErrors.make("fhir-nothing-to-map", "the rest of a record of 2B36 is not in the line");
  }
}

function findingOf(record: CuffRecord, maker: FindingMaker): Finding {
  const { frame, deviceTime, sequenceNumber, frames } = record;
  const status = statusOf(frame.status ?? 0);
  const pressure = (number: MedicalNumber): Amount<"mmHg"> => pressureAmount(frame.unit, number);
  const { meanArterialPressure, pulseRate } = frame;
  return {
    ...maker.basics({
      kind: "blood-pressure",
      deviceTime,
      offsetMin: null,
      sequenceNumber,
      userSlot: frame.userId === unknownUser ? null : frame.userId,
      userIndex: frame.userId,
      valueBytes: valueBytesOf(record),
      status,
      hasClockFault: false,
      frames,
    }),
    kind: "blood-pressure",
    systolic: pressure(frame.systolic),
    diastolic: pressure(frame.diastolic),
    // Zero and the filler FFFF are how some cuffs say that they make no mean, or feel no pulse.
    meanArterialPressure: isFiller(meanArterialPressure) ? null : pressure(meanArterialPressure),
    pulseRate: pulseRate === null || isFiller(pulseRate) ? null : pulseAmount(pulseRate),
  };
}

const unknownUser = 255;

const isFiller = (number: MedicalNumber): boolean => isDecimal(number) && number.mantissa <= 0;

function pressureAmount(unit: "mmHg" | "kPa", number: MedicalNumber): Amount<"mmHg"> {
  if (!isDecimal(number)) return { absent: number, unit: "mmHg" };
  if (isFiller(number)) return { absent: "failed", unit: "mmHg" };
  return { value: decimalText(unit === "kPa" ? kilopascalToMmHg(number) : number), unit: "mmHg" };
}

const pulseAmount = (number: MedicalNumber): Amount<"/min"> =>
  isDecimal(number) ? { value: decimalText(number), unit: "/min" } : { absent: number, unit: "/min" };
