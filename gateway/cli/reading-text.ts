import type { Reading } from "../../cloud-sync/contract/reading.ts";

/** What was measured, in a few words: "5.9 mmol/L", "HI mg/dL", "128/82 mmHg, pulse 71". */
export function valueText(reading: Reading): string {
  if (reading.kind !== "blood-pressure") {
    const value = (reading.kind === "ketone" ? "ketone " : "") + quantityText(reading.concentration);
    return reading.controlSolution ? `${value} (control solution)` : value;
  }
  const { systolic, diastolic, pulseRate } = reading;
  const pressure = `${systolic.value}/${diastolic.value} ${systolic.unit}`;
  return pulseRate === null ? pressure : `${pressure}, pulse ${pulseRate.value}`;
}

/** When it was measured, to the second, in the site's time; what is not known says so. */
export function timeText({ time }: Reading): string {
  if (time.measured !== null) return `${time.measured.slice(0, 10)} ${time.measured.slice(11, 19)}`;
  return "time unknown";
}

type Quantity = { readonly unit: string } & ({ readonly value: string } | { readonly absent: string });

export function quantityText(quantity: Quantity): string {
  if ("value" in quantity) return `${quantity.value} ${quantity.unit}`;
  return `${absentTexts[quantity.absent] ?? quantity.absent} ${quantity.unit}`;
}

/** As meters show them. */
const absentTexts: Readonly<Record<string, string>> = {
  "positive-infinity": "HI",
  "negative-infinity": "LO",
  nan: "no value",
  "not-at-this-resolution": "no value",
};
