import { dataAbsentReason } from "./absent-reason.ts";
import { codeSystem } from "./code-systems.ts";
import { exactNumber, type FhirElement } from "./fhir-json.ts";
import type { Amount } from "./finding.ts";

/** The UCUM code of each unit. The R4 vital-signs profiles fix those of pressure and pulse. */
const ucumCodes = {
  "mg/dL": "mg/dL",
  "mmol/L": "mmol/L",
  mmHg: "mm[Hg]",
  "/min": "/min",
  g: "g",
  mg: "mg",
  mL: "mL",
  "%": "%",
} as const;

export type FhirUnit = keyof typeof ucumCodes;

/** `valueQuantity` or `dataAbsentReason`, never both (obs-6, vs-3). */
export function amountElement(amount: Amount<FhirUnit>): FhirElement {
  if ("absent" in amount) return { dataAbsentReason: dataAbsentReason(amount.absent) };
  const { value, unit } = amount;
  return { valueQuantity: { value: exactNumber(value), unit, system: codeSystem.ucum, code: ucumCodes[unit] } };
}
