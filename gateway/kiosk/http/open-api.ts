import { z } from "zod";
import { hubReading, hubView } from "../contract/hub-view.ts";
import { kioskView } from "../contract/kiosk-view.ts";
import { errorAnswer } from "../contract/live.ts";
import * as requests from "../contract/requests.ts";
import * as staff from "../contract/staff-view.ts";
import * as visit from "../contract/visit-view.ts";
import { everyOperation, type Operation } from "./operations.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** The kiosk's API as an OpenAPI 3.1 document, made of the schemas that the server reads by: the same each time. */
export function openApiDocument(version: string): JsonObject {
  return {
    openapi: "3.1.0",
    info: {
      title: "Carepost kiosk",
      version,
      description: about,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: [
      { name: "kiosk", description: "What everybody may ask" },
      { name: "visit", description: "What the screen of a visit asks" },
      { name: "staff", description: "What staff ask" },
      { name: "hub", description: "What a home hub shows" },
    ],
    paths: paths(),
    components: {
      schemas: componentSchemas(),
      parameters: {
        csrf: {
          name: "x-carepost-csrf",
          in: "header",
          required: true,
          description: "The token of `GET /api/session`.",
          schema: { type: "string", maxLength: 64 },
        },
      },
      responses: {
        refusal: {
          description: "What is answered instead: a code, and what to do.",
          content: { "application/json": { schema: reference("errorAnswer") } },
        },
      },
      securitySchemes: {
        visit: { type: "apiKey", in: "cookie", name: "carepost-visit", description: cookieNote },
        staff: { type: "apiKey", in: "cookie", name: "carepost-staff", description: cookieNote },
      },
    },
  };
}

const about = `What the screens of a kiosk, and of a home hub, ask of the gateway that serves them. It is for these screens: each
request must name a host of the gateway's own, and a change must come from its own origin and bring the token of
\`GET /api/session\` in \`x-carepost-csrf\`. One visit is led at a time; its secret is a cookie, and each change of it is answered
with the visit as it is then, so that a page that was loaded again shows the same.`;

const cookieNote =
  "HttpOnly, SameSite=Strict; over TLS its name begins with `__Host-`. It ends with what it stands for.";

/** By the name under which they are referred to. */
const named: Readonly<Record<string, z.ZodType>> = {
  ...requests,
  ...staff,
  ...visit,
  kioskView,
  hubView,
  hubReading,
  errorAnswer,
};

function componentSchemas(): JsonObject {
  const registry = z.registry<{ readonly id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $id: _id, $schema: _version, ...schema }]) => [id, schema]),
  );
}

const reference = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });

/** Its reference if it has a name, else itself. */
function schemaOf(schema: z.ZodType): JsonObject {
  const name = Object.entries(named).find(([, candidate]) => candidate === schema)?.[0];
  if (name !== undefined) return reference(name);
  if (schema instanceof z.ZodNullable) {
    const inner = Object.entries(named).find(([, candidate]) => candidate === schema.unwrap())?.[0];
    if (inner !== undefined) return { anyOf: [reference(inner), { type: "null" }] };
  }
  const { $schema: _version, ...own } = z.toJSONSchema(schema);
  return own;
}

function paths(): JsonObject {
  const found: Record<string, Record<string, JsonObject>> = {};
  for (const [name, operation] of everyOperation) {
    found[operation.path] = { ...found[operation.path], [operation.method.toLowerCase()]: pathItem(name, operation) };
  }
  return found;
}

function pathItem(name: string, operation: Operation<unknown, unknown>): JsonObject {
  const { method, path, summary, who, body, answer, type } = operation;
  const isChange = method !== "GET";
  const isOptional = body.safeParse(undefined).success;
  const content = type === "application/json" ? schemaOf(answer) : { type: "string" };
  return {
    operationId: name,
    tags: [tagOf(path)],
    summary,
    ...(isChange ? { parameters: [{ $ref: "#/components/parameters/csrf" }] } : {}),
    ...(isChange && !isOptional
      ? { requestBody: { required: true, content: { "application/json": { schema: schemaOf(body) } } } }
      : {}),
    responses: {
      200: { description: "Done.", content: { [type.split(";")[0] ?? type]: { schema: content } } },
      "4XX": { $ref: "#/components/responses/refusal" },
      "5XX": { $ref: "#/components/responses/refusal" },
    },
    security: who === "anybody" ? [] : [{ [who === "visitor" ? "visit" : "staff"]: [] }],
  };
}

function tagOf(path: string): string {
  const area = path.split("/")[2] ?? "";
  return ["visit", "staff", "hub"].includes(area) ? area : "kiosk";
}
