import { amountElement } from "./amount-element.ts";
import { codeableConcept, codeSystem } from "./code-systems.ts";
import { contextObservations } from "./context-observations.ts";
import type { FhirElement } from "./fhir-json.ts";
import type { Amount, GlucoseFinding } from "./finding.ts";
import { glucoseCodeOf, ketoneCode } from "./glucose-codes.ts";
import { fullUrlOf } from "./identifiers.ts";
import { type KeyedObservation, observation, type ObservationSetting, type PhdProfile } from "./observation.ts";
import { glucoseStatus } from "./status-codes.ts";
import { statusObservation } from "./status-observation.ts";

/** The concentration, and what came with it: contexts and status flags, each derived from it. */
export function glucoseObservations(setting: ObservationSetting, finding: GlucoseFinding): readonly KeyedObservation[] {
  const { concentration } = finding;
  const main = concentration === null ? null : concentrationObservation(setting, finding, concentration);
  const derivedFrom = main === null ? null : fullUrlOf(main.own);
  const contexts = contextObservations(setting, finding, derivedFrom);
  const status = statusObservation(setting, glucoseStatus, derivedFrom);
  return [main, ...contexts, status].filter((one) => one !== null);
}

function concentrationObservation(
  setting: ObservationSetting,
  finding: GlucoseFinding,
  concentration: Amount<"mg/dL" | "mmol/L">,
): KeyedObservation {
  const { type, code, profile } = finding.kind === "ketone" ? ketone(concentration) : glucose(finding, concentration);
  return observation(setting, {
    type,
    profile,
    category: "laboratory",
    code,
    isMain: true,
    body: amountElement(concentration),
  });
}

interface TypeAndCode {
  /** What it is in identifiers. */
  readonly type: string;
  readonly code: FhirElement;
  readonly profile: PhdProfile | null;
}

type Concentration = Amount<"mg/dL" | "mmol/L">;

/** Every profile of the PHD guide demands an MDC code, which there is none of. A mass has no code at all: see `ketoneCode`. */
const ketone = ({ unit }: Concentration): TypeAndCode => ({
  type: ketoneCode.loinc,
  code: {
    ...(unit === "mmol/L" ? { coding: [{ system: codeSystem.loinc, code: ketoneCode.loinc }] } : {}),
    text: ketoneCode.name,
  },
  profile: null,
});

function glucose(finding: GlucoseFinding, { unit }: Concentration): TypeAndCode {
  const code = glucoseCodeOf(finding);
  const loinc = code.loinc[unit];
  return {
    type: code.mdc,
    code: codeableConcept(code, loinc === null ? [] : [loinc]),
    profile: "PhdNumericObservation",
  };
}
