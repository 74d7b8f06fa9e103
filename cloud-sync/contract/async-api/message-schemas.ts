import { z } from "zod";
import { eventType, rfc3339Pattern } from "../cloud-event.ts";
import { command, commandResult, gatewayState, receivedEvent } from "../control.ts";
import { anyReceipt, batchEnvelope } from "../delivery.ts";
import { gatewayId, reading } from "../reading.ts";
import type { TopicKind } from "../topics.ts";

/** A JSON Schema (draft 7), as AsyncAPI 3 takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What stands in `data`, by the last level of the topic. */
export const dataSchemaNames: Readonly<Record<TopicKind, string>> = {
  readings: "batch",
  receipts: "receipt",
  events: "event",
  state: "state",
  commands: "command",
  results: "result",
};

export const schemaReference = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

/** The schemas of the document, made of those that both ends validate with. */
export const componentSchemas = (): Readonly<Record<string, JsonSchema>> => ({
  gatewayId: jsonSchemaOf(gatewayId),
  reading: jsonSchemaOf(reading),
  batch: withReadings(jsonSchemaOf(batchEnvelope)),
  receipt: jsonSchemaOf(anyReceipt),
  event: jsonSchemaOf(receivedEvent),
  state: jsonSchemaOf(gatewayState),
  command: jsonSchemaOf(command),
  result: jsonSchemaOf(commandResult),
});

/** The envelope of one kind of message. Attributes that it does not name are extensions, and allowed. */
export const cloudEventSchema = (kind: TopicKind, sourcePattern: string | null): JsonSchema => ({
  type: "object",
  required: ["specversion", "id", "source", "type", "data"],
  properties: {
    specversion: { type: "string", const: "1.0" },
    id: { type: "string", minLength: 1, description: "With source: the same again is the same message again." },
    source: {
      type: "string",
      format: "uri-reference",
      ...(sourcePattern === null ? { minLength: 1 } : { pattern: sourcePattern }),
    },
    type: { type: "string", const: eventType(kind) },
    time: {
      type: ["string", "null"],
      format: "date-time",
      pattern: rfc3339Pattern.source,
      description: "Absent where the clock of whoever made it is not trusted.",
    },
    subject: { type: ["string", "null"], minLength: 1 },
    datacontenttype: { type: ["string", "null"], pattern: "^[Aa]pplication/[Jj][Ss][Oo][Nn]" },
    data: schemaReference(dataSchemaNames[kind]),
  },
  additionalProperties: true,
});

/** Readings are validated one by one, which a schema of the whole can only show, so it points to that of one. */
function withReadings(batch: JsonSchema): JsonSchema {
  const properties = Object(batch["properties"]);
  const readings = { ...Object(properties.readings), items: schemaReference("reading") };
  return { ...batch, properties: { ...properties, readings } };
}

function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: "draft-7", io: "input" });
  return rest;
}
