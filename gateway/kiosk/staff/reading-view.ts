import type { StoredReading } from "../../store/store.ts";
import type { HeldReading } from "../contract/staff-view.ts";
import { standardRanges } from "../ranges/range-table.ts";
import { resultViewOf } from "../visit/result-view.ts";

/** A reading that waits for a decision. Without a note: it is nobody's, so it says nothing of anybody. */
export function heldReadingOf({ reading }: StoredReading, deviceName: string | null): HeldReading {
  return {
    reading: { ...resultViewOf(reading, "held", standardRanges), note: null },
    deviceId: reading.device.id,
    deviceName: deviceName ?? reading.device.model,
    receivedAt: instantOf(reading.time.received),
  };
}

export const instantOf = (iso: string | null): number | null => (iso === null ? null : Date.parse(iso));
