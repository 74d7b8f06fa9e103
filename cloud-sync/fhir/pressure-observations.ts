import { dataAbsentReason } from "./absent-reason.ts";
import { amountElement, type FhirUnit } from "./amount-element.ts";
import { codeableConcept, codeSystem, type MdcCode } from "./code-systems.ts";
import type { FhirElement } from "./fhir-json.ts";
import type { Amount, PressureFinding } from "./finding.ts";
import { fullUrlOf } from "./identifiers.ts";
import { type KeyedObservation, observation, type ObservationSetting } from "./observation.ts";
import { pressureCodes } from "./pressure-codes.ts";
import { pressureStatus } from "./status-codes.ts";
import { statusObservation } from "./status-observation.ts";

/** The panel, the pulse rate as an Observation of its own, and the status flags, in this order. */
export function pressureObservations(
  setting: ObservationSetting,
  finding: PressureFinding,
): readonly KeyedObservation[] {
  const panel = panelObservation(setting, finding);
  const { pulseRate } = finding;
  const pulse = pulseRate === null ? null : pulseObservation(setting, pulseRate);
  const status = statusObservation(setting, pressureStatus, fullUrlOf(panel.own));
  return [panel, pulse, status].filter((one) => one !== null);
}

function panelObservation(setting: ObservationSetting, finding: PressureFinding): KeyedObservation {
  const { mdc, loinc } = pressureCodes.panel;
  return observation(setting, {
    type: mdc,
    profile: "PhdCompoundNumericObservation",
    category: "vital-signs",
    code: codeableConcept(pressureCodes.panel, [loinc]),
    isMain: true,
    body: panelBody(finding),
  });
}

/** A reason stands with the component that it is about; if nothing was measured at all, with the panel, alone. */
function panelBody({ systolic, diastolic, meanArterialPressure }: PressureFinding): FhirElement {
  const [failure] = absences([systolic, diastolic]);
  const isFailed = [systolic, diastolic].every((amount) => "absent" in amount);
  const hasMean = meanArterialPressure !== null && "value" in meanArterialPressure;
  if (isFailed && !hasMean && failure !== undefined) return { dataAbsentReason: dataAbsentReason(failure) };
  return {
    component: [
      component(pressureCodes.systolic, systolic),
      component(pressureCodes.diastolic, diastolic),
      ...(meanArterialPressure === null ? [] : [component(pressureCodes.mean, meanArterialPressure)]),
    ],
  };
}

const absences = (
  amounts: readonly Amount<FhirUnit>[],
): readonly Extract<Amount<FhirUnit>, { absent: unknown }>["absent"][] =>
  amounts.flatMap((amount) => ("absent" in amount ? [amount.absent] : []));

/** LOINC first: R4's profile slices these codings by it. */
const component = ({ mdc, name, loinc }: MdcCode & { loinc: string }, amount: Amount<FhirUnit>): FhirElement => ({
  code: {
    coding: [
      { system: codeSystem.loinc, code: loinc },
      { system: codeSystem.mdc, code: mdc },
    ],
    text: name,
  },
  ...amountElement(amount),
});

const pulseObservation = (setting: ObservationSetting, pulseRate: Amount<"/min">): KeyedObservation =>
  observation(setting, {
    type: pressureCodes.pulseRate.mdc,
    profile: "PhdNumericObservation",
    category: "vital-signs",
    code: codeableConcept(pressureCodes.pulseRate, [pressureCodes.pulseRate.loinc]),
    body: amountElement(pulseRate),
  });
