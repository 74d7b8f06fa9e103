import { unknownTime } from "./absent-reason.ts";
import { identifierSystem, mdcConcept, phdProfileUrl } from "./code-systems.ts";
import type { FhirResource } from "./fhir-json.ts";
import type { Coincidence } from "./finding.ts";
import { type Identifier, identifierElement } from "./identifiers.ts";

export interface CoincidencePlace {
  readonly coincidence: Coincidence;
  /** The keys of the two devices in identifiers, and the `fullUrl` of each. */
  readonly deviceKey: string;
  readonly gatewayKey: string;
  readonly deviceUrl: string;
  readonly gatewayUrl: string;
}

/**
 * What the device's clock said at a time of the gateway's (PhdCoincidentTimeStampObservation): by it one can undo the
 * correction of a measurement's time. The guide gives it no identifier; without one, each delivery would add another.
 */
export function coincidentTimestamp(place: CoincidencePlace): {
  readonly key: Identifier;
  readonly resource: FhirResource;
} {
  const { gatewayTime, deviceTime } = place.coincidence;
  const told = deviceTime === null ? "unknown" : Date.parse(deviceTime);
  const key: Identifier = {
    system: identifierSystem.coincidentTimeStamp,
    value: `${place.deviceKey}-${place.gatewayKey}-${Date.parse(gatewayTime)}-${told}`,
  };
  const resource = {
    resourceType: "Observation",
    meta: { profile: [phdProfileUrl("PhdCoincidentTimeStampObservation")] },
    identifier: [identifierElement(key)],
    status: "final",
    code: mdcConcept("67975", "MDC_ATTR_TIME_ABS"),
    subject: { reference: place.deviceUrl },
    effectiveDateTime: gatewayTime,
    ...(deviceTime === null ? { dataAbsentReason: unknownTime() } : { valueDateTime: deviceTime }),
    device: { reference: place.gatewayUrl },
  };
  return { key, resource };
}
