import { contentTypes } from "../cloud-event.ts";
import { batchBytesMax, batchReadingsMax } from "../delivery.ts";
import { contractVersion, gatewayTopics, type TopicKind, topicKinds } from "../topics.ts";
import { messageExamples } from "./examples.ts";
import {
  cloudEventSchema,
  componentSchemas,
  dataSchemaNames,
  type JsonSchema,
  schemaReference,
} from "./message-schemas.ts";

/** The delivery contract as an AsyncAPI 3.0 document: plain data, the same each time. */
export const asyncApiDocument = (): JsonSchema => ({
  asyncapi: "3.0.0",
  info: {
    title: "Carepost delivery",
    version: `${contractVersion}.0.0`,
    description: about,
    license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
  },
  defaultContentType: contentTypes.cloudevents,
  servers: { fleet, loopback },
  channels: byKind(channel),
  operations: Object.fromEntries(topicKinds.flatMap(operations)),
  components: {
    schemas: componentSchemas(),
    messages: Object.fromEntries(topicKinds.flatMap(messages)),
    parameters: {
      gateway: {
        description:
          "The gateway's id: also its MQTT client id and the subject of its certificate. The pattern is that of the schema gatewayId.",
        examples: ["gw-0001"],
      },
    },
    securitySchemes: {
      gatewayCertificate: {
        type: "X509",
        description:
          "Mutual TLS. A gateway publishes and subscribes under the id in its certificate, and nowhere else.",
      },
    },
  },
});

const about = `Readings go up in batches, and each batch is answered by a receipt that says, by position, what is stored, what was
there already and what is wrong. A gateway keeps a reading until a receipt has named it, so everything may be lost or
repeated on its way: a reading's id, made of what the device said, makes a repetition harmless.

Each message is a CloudEvent 1.0 in structured JSON. Receivers also take its data alone ("plain"), and a receipt comes in
the form of its batch. A batch has at most ${batchBytesMax} bytes, envelope and all, and ${batchReadingsMax} readings.`;

interface Direction {
  readonly summary: string;
  readonly title: string;
  readonly from: "gateway" | "ingestor";
  readonly retain: boolean;
  /** Where it is answered, and by which member of the data answer and question belong together. */
  readonly reply?: TopicKind;
  readonly correlation?: string;
}

const directions: Readonly<Record<TopicKind, Direction>> = {
  readings: {
    title: "Batch of readings",
    summary: "One to many readings; answered by a receipt.",
    from: "gateway",
    retain: false,
    reply: "receipts",
    correlation: "batch",
  },
  receipts: {
    title: "Receipt",
    summary:
      "What became of each position of a batch, or which events are kept. It is sent after the sink has committed.",
    from: "ingestor",
    retain: false,
    correlation: "batch",
  },
  events: {
    title: "Event",
    summary:
      "Enrolments, consents, tombstones; answered by a receipt. Types that a receiver does not know are kept whole.",
    from: "gateway",
    retain: false,
    reply: "receipts",
  },
  state: {
    title: "State",
    summary: "How the gateway is: published on change, retained, and the last will. No person and no value is in it.",
    from: "gateway",
    retain: true,
  },
  commands: {
    title: "Command",
    summary: "What the cloud asks of a gateway. It must not be retained; one that comes again is answered as before.",
    from: "ingestor",
    retain: false,
    reply: "results",
    correlation: "id",
  },
  results: {
    title: "Result",
    summary: "What became of a command; with a support bundle, packed, where one was asked for.",
    from: "gateway",
    retain: false,
    correlation: "id",
  },
};

const byKind = (make: (kind: TopicKind) => JsonSchema): JsonSchema =>
  Object.fromEntries(topicKinds.map((kind) => [kind, make(kind)]));

const address = (kind: TopicKind): string => gatewayTopics("{gateway}")[kind];

const channel = (kind: TopicKind): JsonSchema => ({
  address: address(kind),
  title: directions[kind].title,
  description: directions[kind].summary,
  parameters: { gateway: { $ref: "#/components/parameters/gateway" } },
  messages: {
    [kind]: { $ref: `#/components/messages/${kind}` },
    [`${kind}Plain`]: { $ref: `#/components/messages/${kind}Plain` },
  },
});

/** The same channel from both ends: `gatewaySendsReadings`, `ingestorReceivesReadings`. */
function operations(kind: TopicKind): readonly (readonly [string, JsonSchema])[] {
  const { from, summary, retain, reply } = directions[kind];
  const to = from === "gateway" ? "ingestor" : "gateway";
  const common = {
    channel: { $ref: `#/channels/${kind}` },
    summary,
    bindings: { mqtt: { qos: 1, retain, bindingVersion } },
  };
  const answer = reply === undefined ? {} : { reply: { channel: { $ref: `#/channels/${reply}` } } };
  const name = kind.charAt(0).toUpperCase() + kind.slice(1);
  return [
    [`${from}Sends${name}`, { action: "send", ...common, ...answer }],
    [`${to}Receives${name}`, { action: "receive", ...common, ...answer }],
  ];
}

function messages(kind: TopicKind): readonly (readonly [string, JsonSchema])[] {
  const { title, summary, from, correlation } = directions[kind];
  const sourcePattern = from === "gateway" ? "^/gateways/[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$" : null;
  const examples = messageExamples[kind];
  const correlatedBy = (path: string): JsonSchema =>
    correlation === undefined ? {} : { correlationId: { location: `$message.payload#${path}/${correlation}` } };
  return [
    [
      kind,
      {
        title,
        summary,
        contentType: contentTypes.cloudevents,
        payload: cloudEventSchema(kind, sourcePattern),
        ...correlatedBy("/data"),
        examples: examples.map(({ name, summary: words, event }) => ({ name, summary: words, payload: event })),
      },
    ],
    [
      `${kind}Plain`,
      {
        title: `${title}, plain`,
        summary: `${summary} Without an envelope.`,
        contentType: contentTypes.plain,
        payload: schemaReference(dataSchemaNames[kind]),
        ...correlatedBy(""),
        examples: examples.map(({ name, summary: words, plain }) => ({ name, summary: words, payload: plain })),
      },
    ],
  ];
}

const bindingVersion = "0.2.0";

const mqttSession = {
  mqtt: {
    clientId: "{gateway}",
    cleanSession: true,
    lastWill: { topic: address("state"), qos: 1, retain: true },
    keepAlive: 30,
    bindingVersion,
  },
};

const fleet = {
  host: "{host}:{port}",
  protocol: "secure-mqtt",
  protocolVersion: "5.0",
  description: "A fleet's broker, MQTT 5 or 3.1.1.",
  variables: {
    host: { default: "broker.example.org", description: "The broker's name, as its certificate has it." },
    port: { default: "8883" },
  },
  security: [{ $ref: "#/components/securitySchemes/gatewayCertificate" }],
  bindings: mqttSession,
};

const loopback = {
  host: "127.0.0.1:{port}",
  protocol: "mqtt",
  protocolVersion: "3.1.1",
  description: "The broker in `carepost ingest`, on the same machine, for development: the client id is the identity.",
  variables: { port: { default: "1883" } },
  bindings: mqttSession,
};
