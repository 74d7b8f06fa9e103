import type { QuantityView } from "../../contract/visit-view.ts";

/** Of glucose, by its molar mass of 180.16 g/mol. */
const mgPerDlInMmolPerL = 18.016;

/**
 * A concentration of glucose in the unit that the kiosk is set to, rounded as meters show it; null if the device uses that
 * unit itself, or gave no number. What the device said stays what is shown large: this is a help to the eye.
 */
export function otherUnit(
  quantity: QuantityView | null,
  wanted: "mg/dL" | "mmol/L",
): { readonly value: string; readonly unit: "mg/dL" | "mmol/L" } | null {
  if (quantity === null || quantity.value === null || quantity.unit === wanted) return null;
  const said = Number(quantity.value);
  if (!Number.isFinite(said)) return null;
  const value = wanted === "mmol/L" ? (said / mgPerDlInMmolPerL).toFixed(1) : (said * mgPerDlInMmolPerL).toFixed(0);
  return { value, unit: wanted };
}
