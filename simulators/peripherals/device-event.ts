import type { DeviceName } from "./device-identity.ts";

/**
 * What happens to a device's records, as an oracle is to know it.
 *
 * - `taken`: a record has entered the device's memory.
 * - `shown`: one of its frames has reached the gateway's side: an indication when it was confirmed, a notification when
 *   it was handed over, a record in segments when all of them were. It comes once for each frame, however often a
 *   device shows it.
 */
export interface DeviceEvent {
  readonly event: "taken" | "shown";
  /** Milliseconds since 1970-01-01T00:00:00Z, by the world's clock. */
  readonly at: number;
  readonly device: DeviceName;
  /** Counts the device's records from 1 for its whole life: two that are alike in every octet have two numbers. */
  readonly record: number;
  /**
   * What it ought to become: `fault` is what a device says of a measurement that failed, `garbage` a frame that its
   * firmware spoilt, which is no showing of the record.
   */
  readonly kind: "reading" | "control-solution" | "fault" | "context" | "garbage";
  readonly characteristic: string;
  /** In upper case. */
  readonly hex: string;
  readonly sequenceNumber: number | null;
  /** As the record says it, uncorrected: "2026-03-01T07:58:00". */
  readonly deviceTime: string | null;
  readonly userSlot: number | null;
  /** Whose it is; null where nobody is meant to know. Devices do not: only `taken` tells. */
  readonly person: string | null;
}

export type DeviceObserver = (event: DeviceEvent) => void;
