import { collectRecords, type RecordReader } from "../../kit/collect-racp.ts";
import type { CounterWitness } from "../../kit/counter-witness.ts";
import type { CollectionEnd, DeviceDriver, DeviceQuirks, DriverSession, Observed } from "../../kit/driver.ts";
import { findCharacteristic, requireCharacteristic } from "../../kit/find-characteristic.ts";
import { guardSession } from "../../kit/guarded-link.ts";
import type { RawFrame } from "../../measurement/measurement.ts";
import { observeClock, setClockAfterCollection } from "../current-time/observe-clock.ts";
import { decodeGlucoseContext } from "./context-codec.ts";
import { ContextJoiner, type JoinedRecord } from "./context-joiner.ts";
import { decodeGlucoseMeasurement } from "./measurement-codec.ts";
import { readoutOf } from "./readout.ts";

const service = "1808";
const characteristic = { measurement: "2A18", context: "2A34", controlPoint: "2A52" } as const;

/**
 * Glucose meters (Glucose Service 1.0.1). Reads the clock, then transfers the records as `collectRecords` says, joined
 * with their contexts. A record that announces a context waits for it until the end of the procedure and a grace; what
 * still waits then, or when the link is lost, is yielded without it, marked `contextMissing`.
 */
export const glucoseDriver: DeviceDriver = {
  name: "glucose",
  services: [service],
  collect: (session) => collect(guardSession(session)),
};

async function* collect(session: DriverSession): AsyncGenerator<Observed, CollectionEnd> {
  const records = requireCharacteristic(session, { service, uuid: characteristic.measurement });
  const controlPoint = requireCharacteristic(session, { service, uuid: characteristic.controlPoint });
  const parts = findCharacteristic(session, { service, uuid: characteristic.context });
  const reader = new GlucoseReader(session.quirks, parts !== null);

  await session.clock.sleep(session.quirks.settleMs, session.signal);
  yield* observeClock(session);
  const end = yield* collectRecords(session, { records, parts, controlPoint, reader });
  yield* setClockAfterCollection(session);
  return end;
}

class GlucoseReader implements RecordReader {
  readonly #quirks: DeviceQuirks;
  readonly #joiner: ContextJoiner;

  constructor(quirks: DeviceQuirks, contextsExpected: boolean) {
    this.#quirks = quirks;
    this.#joiner = new ContextJoiner(contextsExpected ? "announced" : "none");
  }

  take(frame: RawFrame, witness: CounterWitness): readonly Observed[] {
    return frame.characteristic === characteristic.context ? this.#context(frame) : this.#measurement(frame, witness);
  }

  flush(): readonly Observed[] {
    return this.#readouts(this.#joiner.flush());
  }

  #measurement(frame: RawFrame, witness: CounterWitness): readonly Observed[] {
    const decoded = decodeGlucoseMeasurement(frame.bytes);
    if (!decoded.ok) {
      witness.noteUnreadable();
      return [{ type: "undecodable", reason: decoded.error.reason, frames: [frame] }];
    }
    const { sequenceNumber, baseTime } = decoded.value;
    witness.note(sequenceNumber, baseTime === "invalid" ? null : baseTime);
    return this.#readouts(this.#joiner.measurement(decoded.value, frame));
  }

  #context(frame: RawFrame): readonly Observed[] {
    const decoded = decodeGlucoseContext(frame.bytes);
    if (!decoded.ok) return [{ type: "undecodable", reason: decoded.error.reason, frames: [frame] }];
    return this.#readouts(this.#joiner.context(decoded.value, frame));
  }

  #readouts(joined: readonly JoinedRecord[]): readonly Observed[] {
    return joined.map((record) => readoutOf(record, this.#quirks));
  }
}
