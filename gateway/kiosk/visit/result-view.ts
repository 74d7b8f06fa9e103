import type { GlucoseReading, Reading } from "../../../cloud-sync/contract/reading.ts";
import type { QuantityView, ResultView } from "../contract/visit-view.ts";
import { noteOf } from "../ranges/note-of.ts";
import type { RangeTables } from "../ranges/range-table.ts";

/** A reading as a screen shows it: numbers as the device said them, and where they lie. */
export function resultViewOf(reading: Reading, delivery: ResultView["delivery"], tables: RangeTables): ResultView {
  const { measured } = reading.time;
  const shared = {
    id: reading.id,
    measuredAt: measured === null ? null : Date.parse(measured),
    remarks: reading.status,
    userSlot: reading.userSlot,
    note: noteOf(reading, tables),
    delivery,
  };
  if (reading.kind === "blood-pressure") {
    const { systolic, diastolic, pulseRate } = reading;
    return {
      ...shared,
      kind: reading.kind,
      systolic: { ...systolic, absent: null },
      diastolic: { ...diastolic, absent: null },
      pulseRate: pulseRate === null ? null : { ...pulseRate, absent: null },
      concentration: null,
      controlSolution: false,
    };
  }
  return {
    ...shared,
    kind: reading.kind,
    systolic: null,
    diastolic: null,
    pulseRate: null,
    concentration: concentrationView(reading.concentration),
    controlSolution: reading.controlSolution,
  };
}

function concentrationView(concentration: GlucoseReading["concentration"]): QuantityView {
  const { unit } = concentration;
  if ("value" in concentration) return { value: concentration.value, unit, absent: null };
  return { value: null, unit, absent: absences[concentration.absent] ?? "none" };
}

/** A meter's HI and LO are its infinities (IEEE 11073-20601). */
const absences: Readonly<Record<string, QuantityView["absent"]>> = {
  "positive-infinity": "high",
  "negative-infinity": "low",
};
