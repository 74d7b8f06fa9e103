import type { FindingBasics } from "../../../cloud-sync/fhir/finding.ts";
import type { DeviceDateTime } from "../../../device-drivers/measurement/device-time.ts";
import type { RawFrame } from "../../../device-drivers/measurement/measurement.ts";
import { readingId, type IdentifyingParts } from "../../collect/reading-id.ts";
import type { LineDevice } from "./line-device.ts";
import { frameIndex } from "./line-frames.ts";
import type { LinePeople } from "./line-people.ts";
import { type LineTime, momentOf, recordTime } from "./line-time.ts";
import type { FhirLine } from "./line-schema.ts";

/** What a record says of itself, of whichever kind. */
export interface RecordParts extends IdentifyingParts {
  readonly deviceTime: DeviceDateTime | null;
  readonly offsetMin: number | null;
  /** As the device gives it, 255 for an unknown user; null where it gives none. */
  readonly userIndex: number | null;
  readonly status: readonly string[];
  readonly hasClockFault: boolean;
  readonly frames: readonly RawFrame[];
}

/** Gives each record of one line what it shares with every finding: its id, its person and its time. */
export class FindingMaker {
  readonly device: LineDevice;
  readonly #time: LineTime;
  readonly #people: LinePeople;
  readonly #frames: FhirLine["frames"];

  constructor(
    line: FhirLine,
    place: { readonly device: LineDevice; readonly time: LineTime; readonly people: LinePeople },
  ) {
    this.device = place.device;
    this.#time = place.time;
    this.#people = place.people;
    this.#frames = line.frames;
  }

  /** @throws CarepostError `fhir-time-unknown` */
  basics(parts: RecordParts): FindingBasics {
    const frame = frameIndex(parts.frames[0]);
    const receivedAt = this.#receivedAt(frame);
    const isStored = parts.sequenceNumber !== null;
    const time = recordTime({ ...parts, isStored, receivedAt, frame }, this.#time);
    return {
      ...time,
      id: readingId(this.device.identity, parts, { at: receivedAt, bootId: "", monotonicMs: 0 }),
      person: this.#people(parts.userIndex),
      sequenceNumber: parts.sequenceNumber,
      status: parts.status,
    };
  }

  /** When the first of its frames came. */
  #receivedAt(index: number): number | null {
    return momentOf(this.#frames[index]?.receivedAt, this.#time.zone) ?? this.#time.receivedAt;
  }
}
