import { dateTimeText, isKnown } from "../../device-drivers/measurement/device-time.ts";
import type { Measurement } from "../../device-drivers/measurement/measurement.ts";
import { uuidV5 } from "../../cloud-sync/uuid-v5.ts";

/** The namespace of all Carepost reading ids (RFC 9562, 6.6). It never changes: it would make every reading new. */
const namespace = "9068b0ba-57bc-41f7-ab74-a0a476f4edde";

/** The moment of receipt, for the id of a reading that nothing else tells from an equal one. */
export interface ReceiptMoment {
  /** Wall-clock time; null while the gateway's clock is not trusted. */
  readonly at: number | null;
  readonly bootId: string;
  readonly monotonicMs: number;
}

/**
 * The id of a reading: a UUID of version 5 over what the device said, and nothing else. Re-read, sent again, read by a
 * second gateway or read after a crash, it is the same; another time, another record number or another value makes
 * another. Person, gateway and receipt do not enter it, with one exception: see `isWithoutClock`.
 */
export function readingId(deviceId: string, measurement: IdentifyingParts, receipt: ReceiptMoment): string {
  const { deviceTime, sequenceNumber, userSlot, kind, valueBytes } = measurement;
  const name = JSON.stringify([
    "carepost-reading-1",
    deviceId,
    userSlot,
    kind,
    deviceTime === null ? null : dateTimeText(deviceTime),
    sequenceNumber,
    Buffer.from(valueBytes).toString("hex"),
    isWithoutClock(measurement) ? receiptText(receipt) : null,
  ]);
  return uuidV5(namespace, name);
}

/** What a device said that tells one measurement from another. */
export type IdentifyingParts = Pick<Measurement, "deviceTime" | "sequenceNumber" | "userSlot" | "kind" | "valueBytes">;

/**
 * A device without a record number whose clock gives no date says the same bytes for the same value every day. Only
 * the moment of receipt tells two such readings apart, so there, and only there, it enters the id.
 */
export const isWithoutClock = ({
  deviceTime,
  sequenceNumber,
}: Pick<Measurement, "deviceTime" | "sequenceNumber">): boolean =>
  sequenceNumber === null && (deviceTime === null || !isKnown(deviceTime));

const receiptText = ({ at, bootId, monotonicMs }: ReceiptMoment): string =>
  at === null ? `${bootId}/${Math.round(monotonicMs)}` : new Date(at).toISOString();
