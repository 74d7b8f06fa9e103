import type { FhirElement } from "./fhir-json.ts";

/** Every URI that a bundle of ours can hold. */
export const codeSystem = {
  mdc: "urn:iso:std:iso:11073:10101",
  loinc: "http://loinc.org",
  ucum: "http://unitsofmeasure.org",
  category: "http://terminology.hl7.org/CodeSystem/observation-category",
  phdCategory: "http://hl7.org/fhir/uv/phd/CodeSystem/PhdObservationCategories",
  dataAbsentReason: "http://terminology.hl7.org/CodeSystem/data-absent-reason",
  asn1ToHl7: "http://terminology.hl7.org/CodeSystem/ASN1ToHL7",
  actReason: "http://terminology.hl7.org/CodeSystem/v3-ActReason",
  deviceIdentifiers: "http://terminology.hl7.org/CodeSystem/ContinuaDeviceIdentifiers",
  provenanceAgent: "http://terminology.hl7.org/CodeSystem/provenance-participant-type",
} as const;

export const extensionUrl = {
  gatewayDevice: "http://hl7.org/fhir/StructureDefinition/observation-gatewayDevice",
  coincidentTimeStamp: "http://hl7.org/fhir/uv/phd/StructureDefinition/CoincidentTimeStampReference",
} as const;

export const phdProfileUrl = (profile: string): string => `http://hl7.org/fhir/uv/phd/StructureDefinition/${profile}`;

/**
 * Namespaces of identifiers. The first three are HL7's and the IEEE's. The others are Carepost's own: URNs of random
 * UUIDs, which need no registration and never change, because they are a part of what a server is searched for.
 */
export const identifierSystem = {
  /** Fixed by the PHD profile, although it is the URL of the profile itself. */
  phdObservation: "http://hl7.org/fhir/uv/phd/StructureDefinition/PhdBaseObservation",
  eui64: "urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680",
  bluetoothAddress: "http://hl7.org/fhir/sid/eui-48/bluetooth",
  gateway: "urn:uuid:3f1f4a0e-9f0c-4d0a-8d5c-6c0f3a0f7b51",
  device: "urn:uuid:5b7d0f66-3a3c-4c59-9a43-0d8a9f2be0c7",
  person: "urn:uuid:8f0f6c1e-6a57-4c8a-b3de-52f2a7c9d146",
  reading: "urn:uuid:c1a6a1d2-2f3b-4b7e-9d8f-70b5e94c3a08",
  sequenceNumber: "urn:uuid:d94e5a37-81c4-4f6d-a2b0-1e6f8c5d7b29",
  coincidentTimeStamp: "urn:uuid:e2b8c7f4-5d19-4a3e-8c61-9f0a7b4d2e35",
  provenance: "urn:uuid:f7c3d9a1-4e82-4b56-93fd-2a8e6c1b0d74",
} as const;

/** A code of ISO/IEEE 11073-10101 as 32 bits (partition · 65536 + term), with its reference identifier. */
export interface MdcCode {
  readonly mdc: string;
  readonly name: string;
}

/** The MDC coding, the LOINC codings beside it, and the reference identifier as the text. */
export function codeableConcept(code: MdcCode, loinc: readonly string[] = []): FhirElement {
  const codings = [{ system: codeSystem.mdc, code: code.mdc }];
  return {
    coding: [...codings, ...loinc.map((one) => ({ system: codeSystem.loinc, code: one }))],
    text: code.name,
  };
}

export const mdcConcept = (mdc: string, name: string): FhirElement => codeableConcept({ mdc, name });
