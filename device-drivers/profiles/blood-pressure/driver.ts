import { collectBurst } from "../../kit/collect-burst.ts";
import { collectRecords } from "../../kit/collect-racp.ts";
import type { DecodeFault } from "../../kit/decode-fault.ts";
import type { CollectionEnd, DeviceDriver, DriverSession, Observed } from "../../kit/driver.ts";
import { driverErrors } from "../../kit/driver-error.ts";
import { findCharacteristic } from "../../kit/find-characteristic.ts";
import { attErrorOf, guardSession } from "../../kit/guarded-link.ts";
import type { Result } from "../../kit/result.ts";
import type { RawFrame } from "../../measurement/measurement.ts";
import type { GattCharacteristic } from "../../ports/gatt.ts";
import { observeClock, setClockAfterCollection } from "../current-time/observe-clock.ts";
import { recordOfEnhanced, recordOfMeasurement } from "./cuff-record.ts";
import { decodeBloodPressureFeature } from "./feature-codec.ts";
import { readoutOf, type CuffRecord } from "./readout.ts";
import { CuffRecordReader } from "./record-reader.ts";

const service = "1810";

/**
 * Blood-pressure cuffs (Blood Pressure Service 1.0 and 1.1.1). Reads the clock, and sets it first where the cuff wants
 * that. A cuff with a Record Access Control Point is asked for its records, from the last known one on. Any other is
 * subscribed to and listened to until it falls silent or hangs up, as `collectBurst` says: each of its frames is
 * confirmed only after the consumer has asked for the next, because such cuffs may forget what was confirmed.
 *
 * The cuff pressure while it measures (2A36, 2B35) is not subscribed to: it is no result.
 */
export const bloodPressureDriver: DeviceDriver = {
  name: "blood-pressure",
  services: [service],
  collect: (session) => collect(guardSession(session)),
};

async function* collect(session: DriverSession): AsyncGenerator<Observed, CollectionEnd> {
  const path = collectionPath(session);
  await session.clock.sleep(session.quirks.settleMs, session.signal);
  yield* observeClock(session);
  const end = yield* path();
  yield* setClockAfterCollection(session);
  return end;
}

type CollectionPath = () => AsyncGenerator<Observed, CollectionEnd>;

/** @throws CarepostError `unsupported-device` if the device offers no way to get a result */
function collectionPath(session: DriverSession): CollectionPath {
  const records = findCharacteristic(session, { service, uuid: "2B36" });
  const controlPoint = findCharacteristic(session, { service, uuid: "2A52" });
  if (records !== null && controlPoint !== null) return () => collectStored(session, { records, controlPoint });
  const measurement = findCharacteristic(session, { service, uuid: "2A35" });
  if (measurement !== null) return () => collectMeasurements(session, measurement);
  const enhanced = findCharacteristic(session, { service, uuid: "2B34" });
  if (enhanced !== null) return () => collectEnhanced(session, enhanced);
  throw driverErrors.make("unsupported-device", "the cuff offers no characteristic with a result", {
    context: { service },
  });
}

async function* collectStored(
  session: DriverSession,
  access: { readonly records: GattCharacteristic; readonly controlPoint: GattCharacteristic },
): AsyncGenerator<Observed, CollectionEnd> {
  const reader = new CuffRecordReader(await announcesCrc(session));
  return yield* collectRecords(session, { ...access, parts: null, reader });
}

async function* collectMeasurements(
  session: DriverSession,
  characteristic: GattCharacteristic,
): AsyncGenerator<Observed, CollectionEnd> {
  const { bloodPressureLayout } = session.quirks;
  return yield* readBurst(collectBurst(session, characteristic), (frame) =>
    recordOfMeasurement(frame, bloodPressureLayout),
  );
}

async function* collectEnhanced(
  session: DriverSession,
  characteristic: GattCharacteristic,
): AsyncGenerator<Observed, CollectionEnd> {
  const hasCrc = await announcesCrc(session);
  return yield* readBurst(collectBurst(session, characteristic), (frame) =>
    recordOfEnhanced(frame.bytes, { hasCrc, sequenceNumber: null, frames: [frame] }),
  );
}

async function* readBurst(
  burst: AsyncIterable<RawFrame>,
  decode: (frame: RawFrame) => Result<CuffRecord, DecodeFault>,
): AsyncGenerator<Observed, CollectionEnd> {
  let records = 0;
  for await (const frame of burst) {
    const decoded = decode(frame);
    records += 1;
    yield decoded.ok
      ? readoutOf(decoded.value)
      : { type: "undecodable", reason: decoded.error.reason, frames: [frame] };
  }
  return { records, counterWasReset: false };
}

/** A feature that cannot be read announces nothing. */
async function announcesCrc(session: DriverSession): Promise<boolean> {
  const feature = findCharacteristic(session, { service, uuid: "2A49" });
  if (feature?.properties.includes("read") !== true) return false;
  try {
    const features = decodeBloodPressureFeature(await session.link.read(feature, session.signal));
    return features.ok && features.value.includes("e2e_crc");
  } catch (error) {
    if (attErrorOf(error) === null) throw error;
    return false;
  }
}
