import { coincidentTimestamp } from "./coincident-timestamp.ts";
import { gatewayDevice, measuringDevice } from "./devices.ts";
import type { FhirElement, FhirResource } from "./fhir-json.ts";
import type { Coincidence, FhirDevice, FhirGateway, Finding } from "./finding.ts";
import { glucoseObservations } from "./glucose-observations.ts";
import { deviceKey, fullUrlOf, type Identifier, ifNoneExist } from "./identifiers.ts";
import { type FhirProfiles, type KeyedObservation, type ObservationSetting } from "./observation.ts";
import { pressureObservations } from "./pressure-observations.ts";
import { provenance } from "./provenance.ts";

/** What one device gave one gateway: the content of one bundle. */
export interface Collection {
  readonly gateway: FhirGateway;
  readonly device: FhirDevice;
  /** At least one. One that comes twice, by its id, is told once. */
  readonly findings: readonly Finding[];
  /** When the gateway got them, as a FHIR instant; null if its clock was not to be trusted: then nobody vouches. */
  readonly recorded: string | null;
  readonly profiles: FhirProfiles;
}

/**
 * A FHIR R4 transaction after HL7's Personal Health Device guide 2.0.0: the two Devices, coincident time stamps,
 * Observations and a Provenance. Every entry is a conditional create, so that it can be sent any number of times, and
 * the same collection always makes the same bundle.
 */
export const bundleOf = (collection: Collection): FhirResource => transactionOf(bundleEntries(collection));

export const transactionOf = (entries: readonly BundleEntry[]): FhirResource => ({
  resourceType: "Bundle",
  type: "transaction",
  entry: entries.map(({ element }) => element),
});

export interface BundleEntry {
  /** No two entries of a bundle may share it. */
  readonly fullUrl: string;
  /** What the server looks for before it creates: no two transactions at the same time may share it. */
  readonly search: string;
  readonly element: FhirElement;
}

export function bundleEntries(collection: Collection): readonly BundleEntry[] {
  const findings = [...new Map(collection.findings.map((finding) => [finding.id, finding])).values()];
  const gateway = gatewayDevice(collection.gateway);
  const device = measuringDevice(
    collection.device,
    findings.map(({ kind }) => kind),
  );
  const place = { ...collection, gatewayUrl: fullUrlOf(gateway.key), deviceUrl: fullUrlOf(device.key) };
  const coincidences = coincidenceEntries(place, findings);
  const observations = observationEntries(place, findings);
  const targets = [...coincidences, ...observations].map(({ fullUrl }) => fullUrl);
  return [entry(gateway), entry(device), ...coincidences, ...observations, ...provenanceEntries(place, targets)];
}

interface Place extends Collection {
  readonly gatewayUrl: string;
  readonly deviceUrl: string;
}

/** One for each pair of times: in one connection there is one. */
function coincidenceEntries(place: Place, findings: readonly Finding[]): readonly BundleEntry[] {
  const found = findings.map((finding) => coincidenceOf(place, finding.coincidence)).filter((one) => one !== null);
  const distinct = new Map(found.map((one) => [one.key.value, one]));
  return Array.from(distinct.values(), entry);
}

function coincidenceOf(place: Place, coincidence: Coincidence | null): ReturnType<typeof coincidentTimestamp> | null {
  if (coincidence === null) return null;
  const { gateway, device, gatewayUrl, deviceUrl } = place;
  const keys = { deviceKey: deviceKey(device), gatewayKey: gateway.systemId ?? gateway.id };
  return coincidentTimestamp({ coincidence, ...keys, gatewayUrl, deviceUrl });
}

function observationEntries(place: Place, findings: readonly Finding[]): readonly BundleEntry[] {
  return findings.flatMap((finding) => {
    const coincidence = coincidenceOf(place, finding.coincidence);
    const { device, gatewayUrl, deviceUrl, profiles } = place;
    const coincidenceUrl = coincidence === null ? null : fullUrlOf(coincidence.key);
    const setting = { finding, device, gatewayUrl, deviceUrl, coincidenceUrl, profiles };
    return observationsOf(setting, finding).map(observationEntry);
  });
}

const observationsOf = (setting: ObservationSetting, finding: Finding): readonly KeyedObservation[] =>
  finding.kind === "blood-pressure" ? pressureObservations(setting, finding) : glucoseObservations(setting, finding);

/**
 * The PHD identifier is to be "selective enough" that no other measurement has it (PHD, Observation Identifier), and is
 * not where a clock was set back or stands still: it holds neither record number nor value. So the server is asked for
 * our own identifier beside it, which holds both, and is the same whichever of our gateways read the record.
 */
function observationEntry({ phd, own, resource }: KeyedObservation): BundleEntry {
  const wanted = phd === null ? [own] : [phd, own];
  return entryAt(fullUrlOf(own), resource, ifNoneExist("identifier", ...wanted));
}

function provenanceEntries(place: Place, targets: readonly string[]): readonly BundleEntry[] {
  const { recorded, gatewayUrl, deviceUrl } = place;
  if (recorded === null || targets.length === 0) return [];
  const { key, resource } = provenance({ targets, gatewayUrl, deviceUrl, recorded });
  return [entryAt(fullUrlOf(key), resource, ifNoneExist("_tag", key))];
}

/** A resource and the identifier by which a server is to find it. */
interface Keyed {
  readonly key: Identifier;
  readonly resource: FhirResource;
}

const entry = ({ key, resource }: Keyed): BundleEntry =>
  entryAt(fullUrlOf(key), resource, ifNoneExist("identifier", key));

const entryAt = (fullUrl: string, resource: FhirResource, search: string): BundleEntry => ({
  fullUrl,
  search: `${resource.resourceType}?${search}`,
  element: { fullUrl, resource, request: { method: "POST", url: resource.resourceType, ifNoneExist: search } },
});
