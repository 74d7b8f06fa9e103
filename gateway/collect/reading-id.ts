import { createHash } from "node:crypto";
import { dateTimeText, isKnown } from "../../device-drivers/measurement/device-time.ts";
import type { Measurement } from "../../device-drivers/measurement/measurement.ts";

/** The namespace of all Carepost reading ids (RFC 9562, 6.6). It never changes: it would make every reading new. */
const namespace = Buffer.from("9068b0ba57bc41f7ab74a0a476f4edde", "hex");

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
export function readingId(deviceId: string, measurement: Measurement, receipt: ReceiptMoment): string {
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
  return uuidV5(name);
}

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

/** RFC 9562, 5.5. */
function uuidV5(name: string): string {
  const hash = createHash("sha1").update(namespace).update(name, "utf8").digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
