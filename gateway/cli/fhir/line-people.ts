import { identifierSystem } from "../../../cloud-sync/fhir/code-systems.ts";
import type { FhirPerson } from "../../../cloud-sync/fhir/finding.ts";
import type { FhirLine } from "./line-schema.ts";

/** Whose a record is by the user index that the device gives it; null for a device that gives none. */
export type LinePeople = (userIndex: number | null) => FhirPerson | null;

/** By this index a device says that it does not know its user. */
const unknownUser = 255;

/**
 * A user index is never a person by itself. What the device says is of an unknown user is nobody's, even where the line
 * names a person: that is who owns the device, and somebody else may have used it.
 */
export function linePeople({ person, users }: FhirLine): LinePeople {
  const owner = personOf(person);
  return (userIndex) => {
    if (userIndex === null) return owner;
    if (userIndex === unknownUser) return null;
    return users === undefined || users === null ? owner : personOf(users[String(userIndex)]);
  };
}

function personOf(person: FhirLine["person"]): FhirPerson | null {
  if (person === undefined || person === null) return null;
  if (typeof person !== "string" && "system" in person) return { type: "identifier", ...person };
  const text = typeof person === "string" ? person : person.reference;
  if (text.startsWith("Patient/")) return { type: "patient", id: text.slice("Patient/".length) };
  return { type: "identifier", system: identifierSystem.person, value: text };
}
