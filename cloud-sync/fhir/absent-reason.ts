import type { ReadingQuantity } from "../contract/reading.ts";
import { codeSystem } from "./code-systems.ts";
import type { FhirElement } from "./fhir-json.ts";

type SpecialNumber = Extract<ReadingQuantity, { absent: unknown }>["absent"];

/** Why there is no value: one of the five special numbers of IEEE 11073-20601, or a measurement that failed. */
export type AbsentReason = SpecialNumber | "failed";

/** FHIR has no word for "not at this resolution" and "reserved": the PHD guide makes both an error. */
const codes: Readonly<Record<AbsentReason, string>> = {
  nan: "not-a-number",
  "positive-infinity": "positive-infinity",
  "negative-infinity": "negative-infinity",
  "not-at-this-resolution": "error",
  reserved: "error",
  failed: "error",
};

export const dataAbsentReason = (reason: AbsentReason): FhirElement => absentConcept(codes[reason]);

/** Of the coincident time stamp of a device whose clock could not be read or reports a fault. */
export const unknownTime = (): FhirElement => absentConcept("unknown");

const absentConcept = (code: string): FhirElement => ({ coding: [{ system: codeSystem.dataAbsentReason, code }] });
