import { amountElement, type FhirUnit } from "./amount-element.ts";
import { codeableConcept, codeSystem, type MdcCode } from "./code-systems.ts";
import { entryOf } from "./code-table.ts";
import {
  carbohydrateCodes,
  codedContexts,
  type CodedContext,
  exerciseCode,
  measuredContextCode,
  medicationCodes,
} from "./context-codes.ts";
import { shifted } from "./fhir-time.ts";
import type { Amount, GlucoseFinding } from "./finding.ts";
import { hba1cCode } from "./glucose-codes.ts";
import { type KeyedObservation, observation, type ObservationSetting } from "./observation.ts";

/** One Observation for each thing that the context tells, in the order of the characteristic's fields. */
export function contextObservations(
  setting: ObservationSetting,
  finding: GlucoseFinding,
  derivedFrom: string | null,
): readonly KeyedObservation[] {
  const { carbohydrate, meal, tester, health, exercise, medication, hba1c } = finding.context ?? {};
  const coded = (kind: CodedContext, label: string | undefined): KeyedObservation | null =>
    codedObservation({ setting, derivedFrom }, kind, label);
  const measured = (code: MdcCode, amount: Amount<FhirUnit>): KeyedObservation =>
    measuredObservation({ setting, derivedFrom }, code, amount);
  const all = [
    coded(codedContexts.sampleLocation, finding.sampleLocation),
    carbohydrate === undefined
      ? null
      : measured(measuredContextCode(carbohydrateCodes, carbohydrate.id), carbohydrate.mass),
    coded(codedContexts.meal, meal),
    coded(codedContexts.tester, tester),
    coded(codedContexts.health, health),
    exercise === undefined ? null : exerciseObservation({ setting, derivedFrom }, exercise),
    medication === undefined ? null : measured(measuredContextCode(medicationCodes, medication.id), medication.amount),
    hba1c === undefined ? null : hba1cObservation({ setting, derivedFrom }, hba1c),
  ];
  return all.filter((one) => one !== null);
}

interface Place {
  readonly setting: ObservationSetting;
  readonly derivedFrom: string | null;
}

/** Null for a value that the specification reserves: there is no code for it, and a text would be a guess. */
function codedObservation(
  { setting, derivedFrom }: Place,
  kind: CodedContext,
  label: string | undefined,
): KeyedObservation | null {
  const value = label === undefined ? undefined : entryOf(kind.values, label);
  if (value === undefined) return null;
  return observation(setting, {
    type: kind.mdc,
    profile: "PhdCodedEnumerationObservation",
    category: null,
    code: codeableConcept(kind),
    body: { valueCodeableConcept: { coding: [{ system: codeSystem.mdc, code: value.mdc }], text: value.name } },
    derivedFrom,
  });
}

const measuredObservation = (
  { setting, derivedFrom }: Place,
  code: MdcCode,
  amount: Amount<FhirUnit>,
): KeyedObservation =>
  observation(setting, {
    type: code.mdc,
    profile: "PhdNumericObservation",
    category: null,
    code: codeableConcept(code),
    body: amountElement(amount),
    derivedFrom,
  });

/** A duration makes it a period that begins with the time stamp (PHD guide, base Observation). */
function exerciseObservation(
  { setting, derivedFrom }: Place,
  { durationS, intensityPercent }: NonNullable<NonNullable<GlucoseFinding["context"]>["exercise"]>,
): KeyedObservation {
  return observation(setting, {
    type: exerciseCode.mdc,
    ...(durationS === null ? {} : { durationS, until: shifted(setting.finding.effective, durationS * 1000) }),
    profile: "PhdNumericObservation",
    category: null,
    code: codeableConcept(exerciseCode),
    body: amountElement({ value: String(intensityPercent), unit: "%" }),
    derivedFrom,
  });
}

const hba1cObservation = ({ setting, derivedFrom }: Place, hba1c: Amount<"%">): KeyedObservation =>
  observation(setting, {
    type: hba1cCode.mdc,
    profile: "PhdNumericObservation",
    category: "laboratory",
    code: codeableConcept(hba1cCode, [hba1cCode.loinc]),
    body: amountElement(hba1c),
    derivedFrom,
  });
