import { codeSystem, extensionUrl, phdProfileUrl } from "./code-systems.ts";
import type { FhirElement, FhirResource } from "./fhir-json.ts";
import type { FhirDevice, FhirPerson, Finding } from "./finding.ts";
import {
  type Identifier,
  identifierElement,
  type ObservationPart,
  phdIdentifier,
  readingIdentifier,
  sequenceIdentifier,
} from "./identifiers.ts";

/** What all Observations of one finding share: its subject, its time, and the entries that it points to. */
export interface ObservationSetting {
  readonly finding: Finding;
  readonly device: FhirDevice;
  /** The `fullUrl` of each. */
  readonly gatewayUrl: string;
  readonly deviceUrl: string;
  readonly coincidenceUrl: string | null;
  readonly profiles: FhirProfiles;
}

/**
 * Which profiles a resource claims. `phd`: those of the PHD guide, which ask for a claim. `vital-signs`: R4's vital
 * signs as well. `blood-pressure`: R4's blood pressure too, which at least one server refuses on HL7's own example.
 */
export type FhirProfiles = "phd" | "vital-signs" | "blood-pressure";

/** One Observation and the identifiers by which a server can find it. */
export interface KeyedObservation {
  /** The identifier of the PHD guide, which gateways of any make agree upon; null if the device did not date it. */
  readonly phd: Identifier | null;
  /** The reading and the part of it: no other Observation has it. */
  readonly own: Identifier;
  readonly resource: FhirResource;
}

export interface ObservationContent extends ObservationPart {
  /** Null where the PHD guide has no profile that it meets. */
  readonly profile: PhdProfile | null;
  readonly category: "vital-signs" | "laboratory" | null;
  readonly code: FhirElement;
  /** The record number stands with the main Observation of a reading only. */
  readonly isMain?: boolean;
  /** When it ended, of an Observation that lasts. */
  readonly until?: string | undefined;
  /** `value[x]`, `dataAbsentReason`, `component`. */
  readonly body: FhirElement;
  readonly derivedFrom?: string | null;
}

export type PhdProfile =
  | "PhdNumericObservation"
  | "PhdCompoundNumericObservation"
  | "PhdCodedEnumerationObservation"
  | "PhdBitsEnumerationObservation";

export function observation(setting: ObservationSetting, content: ObservationContent): KeyedObservation {
  const { finding, device, gatewayUrl, deviceUrl, coincidenceUrl } = setting;
  const { type, durationS } = content;
  const part = { type, durationS };
  const isOfDevice = finding.kind !== "blood-pressure" && finding.controlSolution;
  // Whoever tested the meter with control solution is not the patient of that, neither as its subject nor in its name.
  const phd = phdIdentifier(device, isOfDevice ? { ...finding, person: null } : finding, part);
  const own = readingIdentifier(finding, part);
  const sequence = content.isMain === true ? sequenceIdentifier(device, finding) : null;
  const identifiers = [phd, own, sequence].filter((identifier) => identifier !== null);
  const resource = {
    resourceType: "Observation",
    ...metaOf(setting, content, isOfDevice),
    extension: [
      reference(extensionUrl.gatewayDevice, gatewayUrl),
      ...(coincidenceUrl === null ? [] : [reference(extensionUrl.coincidentTimeStamp, coincidenceUrl)]),
    ],
    identifier: identifiers.map(identifierElement),
    status: "final",
    category: categories(content.category),
    code: content.code,
    ...(isOfDevice ? { subject: { reference: deviceUrl } } : subjectOf(finding.person)),
    ...timeOf(finding.effective, content.until),
    ...content.body,
    device: { reference: deviceUrl },
    ...(content.derivedFrom === undefined || content.derivedFrom === null
      ? {}
      : { derivedFrom: [{ reference: content.derivedFrom }] }),
  };
  return { phd, own, resource };
}

const r4ProfileRoot = "http://hl7.org/fhir/StructureDefinition/";

/** Without a profile and without a security label there is none: FHIR has no empty elements. */
function metaOf(setting: ObservationSetting, content: ObservationContent, isOfDevice: boolean): FhirElement {
  const profile = claimedProfiles(setting, content, isOfDevice);
  const meta = {
    ...(profile.length === 0 ? {} : { profile }),
    ...(isOfDevice ? { security: [{ system: codeSystem.actReason, code: "HTEST" }] } : {}),
  };
  return Object.keys(meta).length === 0 ? {} : { meta };
}

/**
 * A claim has to be true (R4, Meta.profile: an assertion that the content conforms). Each of these profiles demands a
 * subject, and the reading of nobody has none; R4's blood pressure demands both components, and a failure has neither.
 */
function claimedProfiles(
  { profiles, finding }: ObservationSetting,
  { profile, category, body }: ObservationContent,
  isOfDevice: boolean,
): readonly string[] {
  if (profile === null || (finding.person === null && !isOfDevice)) return [];
  const isVital = category === "vital-signs" && profiles !== "phd";
  const isPanel = profile === "PhdCompoundNumericObservation" && profiles === "blood-pressure" && "component" in body;
  return [
    phdProfileUrl(profile),
    ...(isVital ? [`${r4ProfileRoot}vitalsigns`] : []),
    ...(isPanel ? [`${r4ProfileRoot}bp`] : []),
  ];
}

const categories = (category: ObservationContent["category"]): readonly FhirElement[] => [
  ...(category === null ? [] : [{ coding: [{ system: codeSystem.category, code: category }] }]),
  { coding: [{ system: codeSystem.phdCategory, code: "phd" }] },
];

/** Nobody's reading has no subject: it must not be charted to the owner of the device. */
function subjectOf(person: FhirPerson | null): FhirElement {
  if (person === null) return {};
  if (person.type === "patient") return { subject: { reference: `Patient/${person.id}` } };
  const { system, value } = person;
  return { subject: { type: "Patient", identifier: { system, value } } };
}

const timeOf = (start: string, end: string | undefined): FhirElement =>
  end === undefined ? { effectiveDateTime: start } : { effectivePeriod: { start, end } };

const reference = (url: string, target: string): FhirElement => ({ url, valueReference: { reference: target } });
