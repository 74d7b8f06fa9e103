import { uuidV5 } from "../uuid-v5.ts";
import { codeSystem, identifierSystem } from "./code-systems.ts";
import type { FhirElement, FhirResource } from "./fhir-json.ts";
import type { Identifier } from "./identifiers.ts";

export interface ProvenancePlace {
  /** The `fullUrl` of every Observation of the bundle. */
  readonly targets: readonly string[];
  readonly gatewayUrl: string;
  readonly deviceUrl: string;
  /** When the gateway got it all: an instant with a UTC offset. */
  readonly recorded: string;
}

const namespace = "4a7d1c90-6e2f-4f8b-b1a3-95c80d2e7f64";

/**
 * Who made the Observations: the device is their author, the gateway put them together. A Provenance has no identifier
 * in R4, so it carries a tag that is a function of its targets, by which a second delivery finds the first.
 */
export function provenance({ targets, gatewayUrl, deviceUrl, recorded }: ProvenancePlace): {
  readonly key: Identifier;
  readonly resource: FhirResource;
} {
  const key: Identifier = {
    system: identifierSystem.provenance,
    value: uuidV5(namespace, JSON.stringify([gatewayUrl, ...targets])),
  };
  const resource = {
    resourceType: "Provenance",
    meta: { tag: [{ system: key.system, code: key.value }] },
    target: targets.map((reference) => ({ reference })),
    recorded,
    agent: [agent("assembler", gatewayUrl), agent("author", deviceUrl)],
  };
  return { key, resource };
}

const agent = (code: string, reference: string): FhirElement => ({
  type: { coding: [{ system: codeSystem.provenanceAgent, code }] },
  who: { reference },
});
