import { codeableConcept, codeSystem } from "./code-systems.ts";
import type { FhirElement } from "./fhir-json.ts";
import { type KeyedObservation, observation, type ObservationSetting } from "./observation.ts";
import type { StatusCodes } from "./status-codes.ts";

/**
 * The status flags that are set, as one Observation of components, derived from the measurement that they are about.
 * The flags are events, so what is not set is not told. Null if none is set that has a code.
 */
export function statusObservation(
  setting: ObservationSetting,
  codes: StatusCodes,
  derivedFrom: string | null,
): KeyedObservation | null {
  const component = Object.entries(codes.bits)
    .filter(([flag]) => setting.finding.status.includes(flag))
    .map(([, [bit, name]]) => bitComponent(`${codes.mdc}.${bit}`, name));
  if (component.length === 0) return null;
  return observation(setting, {
    type: codes.mdc,
    profile: "PhdBitsEnumerationObservation",
    category: null,
    code: codeableConcept(codes),
    body: { component },
    derivedFrom,
  });
}

const bitComponent = (code: string, text: string): FhirElement => ({
  code: { coding: [{ system: codeSystem.asn1ToHl7, code }], text },
  valueBoolean: true,
});
