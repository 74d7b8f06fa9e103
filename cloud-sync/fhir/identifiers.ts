import { createHash } from "node:crypto";
import { uuidV5 } from "../uuid-v5.ts";
import { identifierSystem } from "./code-systems.ts";
import type { FhirElement } from "./fhir-json.ts";
import type { FhirDevice, FhirPerson, FindingBasics } from "./finding.ts";

/** A business identifier: what a server is searched for before something is created. */
export interface Identifier {
  readonly system: string;
  readonly value: string;
}

/** Azure's FHIR service compares no more than these first characters of an identifier. */
const identifierCharsMax = 128;

/** The namespace of the UUIDs by which the entries of a bundle name each other. It never changes. */
const namespace = "0c5d6f5e-4f0b-4c0e-9d59-7e3a1b8c2d46";

/** The temporary id of an entry: the same for the same identifier, so that a bundle's text is a function of its input. */
export const fullUrlOf = ({ system, value }: Identifier): string =>
  `urn:uuid:${uuidV5(namespace, JSON.stringify([system, value]))}`;

/**
 * The search of a conditional create, for what has all of these (R4, 3.1.1.3.2: a parameter that is repeated is an AND).
 * Every value is percent-encoded: a raw `+` would be a blank to the server, which would then find nothing and create a
 * duplicate.
 */
export const ifNoneExist = (parameter: "identifier" | "_tag", ...wanted: readonly Identifier[]): string =>
  wanted
    .map(({ system, value }) => `${parameter}=${encodeURIComponent(`${searchText(system)}|${searchText(value)}`)}`)
    .join("&");

/** FHIR's own escapes inside a search parameter (R4, 3.1.1.3). */
const searchText = (text: string): string => text.replaceAll(/[\\|,$]/g, String.raw`\$&`);

export const identifierElement = ({ system, value }: Identifier): FhirElement => ({ system, value });

/**
 * The identifier of the PHD guide: `device-patient-type-timestamp[-duration]`, with the time as the device told it and
 * uncorrected, so that two gateways make the same of it. Null for a measurement that the device did not date.
 */
export function phdIdentifier(device: FhirDevice, finding: FindingBasics, part: ObservationPart): Identifier | null {
  const { deviceSeconds, person } = finding;
  if (deviceSeconds === null) return null;
  const duration = part.durationS === undefined ? "" : `-${part.durationS}`;
  const before = `${deviceKey(device)}-`;
  const after = `-${part.type}-${deviceSeconds}${duration}`;
  const patient = patientKey(person, identifierCharsMax - before.length - after.length);
  return { system: identifierSystem.phdObservation, value: before + patient + after };
}

/** Which Observation of a reading: by the code of what it says. */
export interface ObservationPart {
  readonly type: string;
  /** Of an Observation that lasts, in seconds. */
  readonly durationS?: number | undefined;
}

/** Our own identifier, which every Observation has: the reading and the part of it. */
export const readingIdentifier = ({ id }: FindingBasics, { type }: ObservationPart): Identifier => ({
  system: identifierSystem.reading,
  value: `${id}-${type}`,
});

/** The PHD identifier holds no record number, so that stands in one of its own. */
export function sequenceIdentifier(device: FhirDevice, finding: FindingBasics): Identifier | null {
  const { sequenceNumber, deviceSeconds } = finding;
  if (sequenceNumber === null) return null;
  const time = deviceSeconds === null ? "" : `-${deviceSeconds}`;
  return { system: identifierSystem.sequenceNumber, value: `${deviceKey(device)}-${sequenceNumber}${time}` };
}

/** Sixteen hex digits: the System ID, or as many of a digest of what the device is known by. */
export const deviceKey = ({ systemId, id }: FhirDevice): string => systemId ?? digest(id, 16);

/** The patient's part: the logical id, or `value-system`; a digest of it if there is no room. Never more than a key. */
function patientKey(person: FhirPerson | null, charsMax: number): string {
  if (person === null) return "";
  const key = personKey(person);
  return key.length <= charsMax ? key : digest(key, 32);
}

/** Within our own namespace an opaque reference is unique by itself. */
function personKey(person: FhirPerson): string {
  if (person.type === "patient") return person.id;
  const { system, value } = person;
  return system === identifierSystem.person ? value : `${value}-${system}`;
}

const digest = (text: string, digits: number): string =>
  createHash("sha256").update(text).digest("hex").slice(0, digits).toUpperCase();
