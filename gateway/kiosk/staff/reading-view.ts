import type { Reading, ReadingQuantity } from "../../../cloud-sync/contract/reading.ts";
import type { StoredReading } from "../../store/store.ts";
import type { HeldReading } from "../contract/staff-view.ts";
import type { QuantityView, ResultView } from "../contract/visit-view.ts";

/** A reading that waits for a decision, as the device said it. Without a note: it is nobody's, so it says nothing of anybody. */
export function heldReadingOf({ reading }: StoredReading, deviceName: string | null): HeldReading {
  const { time, device } = reading;
  return {
    reading: { ...basicsOf(reading), ...valuesOf(reading), note: null, delivery: "held" },
    deviceId: device.id,
    deviceName: deviceName ?? device.model,
    receivedAt: instantOf(time.received),
  };
}

type Basics = Pick<ResultView, "id" | "kind" | "measuredAt" | "remarks" | "userSlot">;

const basicsOf = ({ id, kind, time, status, userSlot }: Reading): Basics => ({
  id,
  kind,
  measuredAt: instantOf(time.measured),
  remarks: status,
  userSlot,
});

type Values = Pick<ResultView, "systolic" | "diastolic" | "pulseRate" | "concentration" | "controlSolution">;

function valuesOf(reading: Reading): Values {
  if (reading.kind !== "blood-pressure") {
    const concentration = quantityOf(reading.concentration);
    const { controlSolution } = reading;
    return { systolic: null, diastolic: null, pulseRate: null, concentration, controlSolution };
  }
  const { systolic, diastolic, pulseRate } = reading;
  return {
    systolic: { ...systolic, absent: null },
    diastolic: { ...diastolic, absent: null },
    pulseRate: pulseRate === null ? null : { ...pulseRate, absent: null },
    concentration: null,
    controlSolution: false,
  };
}

function quantityOf(quantity: ReadingQuantity & { readonly unit: "mg/dL" | "mmol/L" }): QuantityView {
  const { unit } = quantity;
  if ("value" in quantity) return { value: quantity.value, unit, absent: null };
  if (quantity.absent === "positive-infinity") return { value: null, unit, absent: "high" };
  return { value: null, unit, absent: quantity.absent === "negative-infinity" ? "low" : "none" };
}

export const instantOf = (iso: string | null): number | null => (iso === null ? null : Date.parse(iso));
