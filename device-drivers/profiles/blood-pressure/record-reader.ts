import type { RecordReader } from "../../kit/collect-racp.ts";
import type { CounterWitness } from "../../kit/counter-witness.ts";
import type { Observed } from "../../kit/driver.ts";
import type { RawFrame } from "../../measurement/measurement.ts";
import { recordOfEnhanced } from "./cuff-record.ts";
import { readoutOf } from "./readout.ts";
import { decodeRecordSegment, joinRecordSegments, recordSegmentsMax, type RecordSegment } from "./record-codec.ts";

const enhancedMeasurement = 0x2b34;

/** Puts the segments of Blood Pressure Record (2B36) together. A record with a hole is kept, but not read. */
export class CuffRecordReader implements RecordReader {
  readonly #hasCrc: boolean;
  #segments: { readonly segment: RecordSegment; readonly frame: RawFrame }[] = [];

  /** @param hasCrc whether the cuff's features announce that a CRC ends each measurement */
  constructor(hasCrc: boolean) {
    this.#hasCrc = hasCrc;
  }

  take(frame: RawFrame, witness: CounterWitness): readonly Observed[] {
    const decoded = decodeRecordSegment(frame.bytes);
    if (!decoded.ok) return [{ type: "undecodable", reason: decoded.error.reason, frames: [frame] }];
    const segment = decoded.value;
    const broken = segment.firstSegment ? this.flush() : [];
    this.#segments.push({ segment, frame });
    const isComplete = segment.lastSegment || this.#segments.length >= recordSegmentsMax;
    return isComplete ? [...broken, this.#record(witness)] : broken;
  }

  flush(): readonly Observed[] {
    if (this.#segments.length === 0) return [];
    return [{ type: "undecodable", reason: "the rest of a record has not come", frames: this.#takeFrames() }];
  }

  #record(witness: CounterWitness): Observed {
    const record = joinRecordSegments(this.#segments.map(({ segment }) => segment));
    const frames = this.#takeFrames();
    if (!record.ok) return { type: "undecodable", reason: record.error.reason, frames };
    const { sequenceNumber, uuid, data } = record.value;
    if (uuid !== enhancedMeasurement) {
      witness.noteUnreadable();
      const format = uuid.toString(16).toUpperCase().padStart(4, "0");
      return { type: "undecodable", reason: `the record is in the format of ${format}, not of a measurement`, frames };
    }
    const decoded = recordOfEnhanced(data, { hasCrc: this.#hasCrc, sequenceNumber, frames });
    if (!decoded.ok) {
      witness.noteUnreadable();
      return { type: "undecodable", reason: decoded.error.reason, frames };
    }
    witness.note(sequenceNumber, decoded.value.deviceTime);
    return readoutOf(decoded.value);
  }

  #takeFrames(): readonly RawFrame[] {
    return this.#segments.splice(0).map(({ frame }) => frame);
  }
}
