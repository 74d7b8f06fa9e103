import type { MdcCode } from "./code-systems.ts";
import { entryOf } from "./code-table.ts";
import type { GlucoseFinding } from "./finding.ts";

export interface GlucoseCode extends MdcCode {
  readonly loinc: Readonly<Record<"mg/dL" | "mmol/L", string | null>>;
}

/** `loinc`: of mass and of substance concentration; null where there is none. */
const glucoseCode = (mdc: string, name: string, loinc: readonly [string, string] | null): GlucoseCode => ({
  mdc,
  name,
  loinc: { "mg/dL": loinc?.[0] ?? null, "mmol/L": loinc?.[1] ?? null },
});

/** Glucose by what was sampled: the LOINC code follows the specimen and the unit. By the names of the driver. */
const bySampleType: Readonly<Record<string, GlucoseCode>> = {
  capillary_whole_blood: glucoseCode("160184", "MDC_CONC_GLU_CAPILLARY_WHOLEBLOOD", ["41653-7", "14743-9"]),
  capillary_plasma: glucoseCode("160188", "MDC_CONC_GLU_CAPILLARY_PLASMA", ["41653-7", "14743-9"]),
  venous_whole_blood: glucoseCode("160192", "MDC_CONC_GLU_VENOUS_WHOLEBLOOD", ["41652-9", "39480-9"]),
  venous_plasma: glucoseCode("160196", "MDC_CONC_GLU_VENOUS_PLASMA", ["2345-7", "14749-6"]),
  arterial_whole_blood: glucoseCode("160200", "MDC_CONC_GLU_ARTERIAL_WHOLEBLOOD", ["41651-1", "39481-7"]),
  arterial_plasma: glucoseCode("160204", "MDC_CONC_GLU_ARTERIAL_PLASMA", ["2345-7", "14749-6"]),
  undetermined_whole_blood: glucoseCode("160364", "MDC_CONC_GLU_UNDETERMINED_WHOLEBLOOD", ["2339-0", "15074-8"]),
  undetermined_plasma: glucoseCode("160368", "MDC_CONC_GLU_UNDETERMINED_PLASMA", ["2345-7", "14749-6"]),
  interstitial_fluid: glucoseCode("160212", "MDC_CONC_GLU_ISF", ["99504-3", "105272-9"]),
};

const control = glucoseCode("160208", "MDC_CONC_GLU_CONTROL", null);
/** The sample is not told, or by a number that the specification reserves. */
const general = glucoseCode("160020", "MDC_CONC_GLU_GEN", ["2339-0", "15074-8"]);

export const hba1cCode = { mdc: "160220", name: "MDC_CONC_HBA1C", loinc: "4548-4" } as const;

/** A control test is told by its sample type or by its location; either way it is nobody's glucose. */
export function glucoseCodeOf({
  sampleType,
  controlSolution,
}: Pick<GlucoseFinding, "sampleType" | "controlSolution">): GlucoseCode {
  if (controlSolution) return control;
  return entryOf(bySampleType, sampleType) ?? general;
}

/**
 * Beta-hydroxybutyrate of a test strip. ISO/IEEE 11073-10101 has no code for it in blood, so LOINC speaks alone; there
 * is one for the molar unit, which is the only one that such meters show.
 */
export const ketoneCode = { loinc: "66441-7", name: "Beta hydroxybutyrate in blood by test strip" } as const;
