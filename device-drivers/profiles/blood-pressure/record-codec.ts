import { ByteReader } from "../../kit/byte-reader.ts";
import { ByteWriter } from "../../kit/byte-writer.ts";
import type { DecodeFault } from "../../kit/decode-fault.ts";
import { tooShort, valueFault } from "../../kit/frame-fault.ts";
import { fail, ok } from "../../kit/result.ts";
import type { Result } from "../../kit/result.ts";

/**
 * One notification of Blood Pressure Record (2B36), by which a cuff answers Record Access: a stored frame of another
 * characteristic, cut into segments where it does not fit one notification.
 */
export interface RecordSegment {
  readonly firstSegment: boolean;
  readonly lastSegment: boolean;
  /** 0 to 63; goes on from segment to segment and starts again at 0 after 63. */
  readonly segmentCounter: number;
  readonly sequenceNumber: number;
  /** The 16-bit UUID of the characteristic in whose format the data is: 2B34, 2B35, ... */
  readonly uuid: number;
  readonly data: Uint8Array;
}

export type BloodPressureRecord = Pick<RecordSegment, "sequenceNumber" | "uuid" | "data">;

const headerOctets = 5;
const counterValues = 64;

/** More segments than this are not one record: the counter would not tell a lost segment. */
export const recordSegmentsMax = counterValues;

/** Faults: `too_short` without the whole header. Data may be empty. */
export function decodeRecordSegment(bytes: Uint8Array): Result<RecordSegment, DecodeFault> {
  if (bytes.length < headerOctets) return fail(tooShort("Blood Pressure Record", bytes, headerOctets));
  const reader = new ByteReader(bytes);
  const header = reader.uint8();
  return ok({
    firstSegment: (header & 0b01) !== 0,
    lastSegment: (header & 0b10) !== 0,
    segmentCounter: header >> 2,
    sequenceNumber: reader.uint16(),
    uuid: reader.uint16(),
    data: reader.rest(),
  });
}

/** Throws `RangeError` for a field that does not fit. */
export function encodeRecordSegment(segment: RecordSegment): Uint8Array {
  const header = (segment.firstSegment ? 0b01 : 0) + (segment.lastSegment ? 0b10 : 0) + 4 * segment.segmentCounter;
  const writer = new ByteWriter().uint8(header).uint16(segment.sequenceNumber).uint16(segment.uuid);
  return writer.raw(segment.data).bytes();
}

/**
 * The record that the segments make, given in the order of arrival from a first one to a last one.
 * Faults: `value` when a segment is missing, doubled or of another record. A record with a hole is no record.
 */
export function joinRecordSegments(segments: readonly RecordSegment[]): Result<BloodPressureRecord, DecodeFault> {
  const first = segments[0];
  if (first === undefined || segments.length > recordSegmentsMax) {
    return fail(segmentFault(`A record has 1 to ${recordSegmentsMax} segments, not ${segments.length}.`));
  }
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    const counter = (first.segmentCounter + index) % counterValues;
    if (
      segment.firstSegment !== (index === 0) ||
      segment.lastSegment !== isLast ||
      segment.segmentCounter !== counter
    ) {
      return fail(
        segmentFault(`Segment ${segment.segmentCounter} came where ${counter} was due, or out of its place.`),
      );
    }
    if (segment.sequenceNumber !== first.sequenceNumber || segment.uuid !== first.uuid) {
      return fail(segmentFault(`A segment of record ${segment.sequenceNumber} came inside ${first.sequenceNumber}.`));
    }
  }
  const data = Uint8Array.from(segments.flatMap((segment) => [...segment.data]));
  return ok({ sequenceNumber: first.sequenceNumber, uuid: first.uuid, data });
}

/** Cuts a record into segments of at most `dataOctetsMax` octets of data, counted from `segmentCounter` on. */
export function splitRecord(
  record: BloodPressureRecord,
  dataOctetsMax: number,
  segmentCounter = 0,
): readonly RecordSegment[] {
  const count = Math.max(1, Math.ceil(record.data.length / dataOctetsMax));
  return Array.from({ length: count }, (_, index) => ({
    firstSegment: index === 0,
    lastSegment: index === count - 1,
    segmentCounter: (segmentCounter + index) % counterValues,
    sequenceNumber: record.sequenceNumber,
    uuid: record.uuid,
    data: record.data.slice(index * dataOctetsMax, (index + 1) * dataOctetsMax),
  }));
}

const segmentFault = (reason: string): DecodeFault => valueFault("Segmentation Header", reason, 0);
