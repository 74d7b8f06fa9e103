import { readFileSync } from "node:fs";
import { join } from "node:path";
import specs from "@asyncapi/specs";
import { Ajv, type Options, type ValidateFunction } from "ajv";
import { CloudEvent as ForeignEvent } from "cloudevents";
import { expect, test } from "vitest";
import type { z } from "zod";
import { asyncApiDocument } from "../../../cloud-sync/contract/async-api/async-api.ts";
import { messageExamples } from "../../../cloud-sync/contract/async-api/examples.ts";
import { openEnvelope } from "../../../cloud-sync/contract/cloud-event.ts";
import { command, commandResult, gatewayState, receivedEvent } from "../../../cloud-sync/contract/control.ts";
import { anyReceipt } from "../../../cloud-sync/contract/delivery.ts";
import { gatewayTopics, topicKinds, type TopicKind } from "../../../cloud-sync/contract/topics.ts";
import { readBatchMessage } from "../../../cloud-sync/ingest/batch-message.ts";

const document = JSON.parse(JSON.stringify(asyncApiDocument()));
const folder = join(import.meta.dirname, "../../../cloud-sync/contract");

/** Formats are said by patterns as well, which is what is checked. */
const newAjv = (options: Options = {}): Ajv =>
  new Ajv({ strict: false, allErrors: true, validateFormats: false, ...options });

const changed = (path: readonly string[], value: unknown): unknown => {
  const copy = structuredClone(document);
  const [last = "", ...above] = path.toReversed();
  const place = above.toReversed().reduce((at, name) => at[name], copy);
  place[last] = value;
  return copy;
};

test("the copy beside the schemas is the document that they make: run `carepost contract` and oxfmt after a change", () => {
  expect(JSON.parse(readFileSync(join(folder, "asyncapi.json"), "utf8"))).toEqual(document);
});

test("it is an AsyncAPI 3.0 document by the initiative's own schema, which finds what is planted", () => {
  // It brings the schema of schemas along, as one of its parts.
  const validate = newAjv({ meta: false, validateSchema: false }).compile({ ...Object(specs.schemas["3.0.0"]) });
  expect([validate(document), validate.errors]).toEqual([true, null]);
  const planted: readonly (readonly [path: readonly string[], value: unknown])[] = [
    [["asyncapi"], "2.6.0"],
    [["info", "version"], undefined],
    [["operations", "gatewaySendsReadings", "action"], "emit"],
    [["operations", "gatewaySendsReadings", "channel"], "readings"],
    [["operations", "gatewaySendsState", "bindings", "mqtt", "qos"], 3],
    [["channels", "readings", "parameters", "gateway"], { schema: { type: "string" } }],
    [["components", "messages", "readings", "payload"], { type: "no type" }],
    [["components", "securitySchemes", "gatewayCertificate", "type"], "X.509"],
    [["servers", "fleet", "host"], undefined],
  ];
  for (const [path, value] of planted) expect([path, validate(changed(path, value))]).toEqual([path, false]);
});

test("every reference leads somewhere", () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = ""]) => path);
  expect(references.length).toBeGreaterThan(40);
  for (const path of references) {
    const target = path.split("/").reduce((at, name) => at?.[name], document);
    expect([path, typeof target]).toEqual([path, "object"]);
  }
});

test("its addresses are the topics, and each is sent by one end and received by the other", () => {
  for (const kind of topicKinds) {
    expect(document.channels[kind].address).toBe(gatewayTopics("{gateway}")[kind]);
    const ofKind = Object.values<{ action: string; channel: { $ref: string } }>(document.operations).filter(
      ({ channel }) => channel.$ref === `#/channels/${kind}`,
    );
    expect(ofKind.map(({ action }) => action).toSorted()).toEqual(["receive", "send"]);
  }
});

test("what is answered says where, at both ends, and nothing else does", () => {
  const replies = Object.entries<{ reply?: { channel: { $ref: string } } }>(document.operations)
    .filter(([, { reply }]) => reply !== undefined)
    .map(([name, { reply }]) => [name, reply?.channel.$ref]);
  expect(Object.fromEntries(replies)).toEqual({
    gatewaySendsReadings: "#/channels/receipts",
    ingestorReceivesReadings: "#/channels/receipts",
    gatewaySendsEvents: "#/channels/receipts",
    ingestorReceivesEvents: "#/channels/receipts",
    ingestorSendsCommands: "#/channels/results",
    gatewayReceivesCommands: "#/channels/results",
  });
});

const validatorOf = (message: string): ValidateFunction => {
  const { payload } = document.components.messages[message];
  return newAjv().compile({ ...payload, components: document.components });
};

const schemas: Readonly<Record<Exclude<TopicKind, "readings">, z.ZodType>> = {
  receipts: anyReceipt,
  events: receivedEvent,
  state: gatewayState,
  commands: command,
  results: commandResult,
};

function isTaken(kind: TopicKind, message: object): boolean {
  if (kind === "readings") {
    const read = readBatchMessage("gw-0001", new TextEncoder().encode(JSON.stringify(message)));
    return read.usable && read.verdicts.every(({ ok }) => ok);
  }
  const opened = openEnvelope(message, { kind });
  return opened.ok && schemas[kind].safeParse(opened.value.data).success;
}

test("the examples are valid by the document, by the code that receives them, and as CloudEvents", () => {
  for (const kind of topicKinds) {
    const [wrapped, plain] = [validatorOf(kind), validatorOf(`${kind}Plain`)];
    expect(messageExamples[kind].length).toBeGreaterThan(0);
    for (const example of messageExamples[kind]) {
      expect([example.name, wrapped(example.event), wrapped.errors]).toEqual([example.name, true, null]);
      expect([example.name, plain(example.plain), plain.errors]).toEqual([example.name, true, null]);
      expect([example.event, example.plain].map((message) => isTaken(kind, message))).toEqual([true, true]);
      expect(new ForeignEvent({ ...example.event }).validate()).toBe(true);
    }
  }
});

test("what is wrong with an example is wrong for the document as for the code", () => {
  for (const kind of topicKinds) {
    for (const { event, plain } of messageExamples[kind]) {
      const faults: readonly (readonly [schema: string, message: object])[] = [
        [kind, { ...event, type: "org.carepost.other.v1" }],
        [kind, { ...event, specversion: "0.3" }],
        [kind, { ...event, id: "" }],
        [kind, { ...event, time: "yesterday" }],
        [kind, { ...event, data: { ...plain, more: 1 } }],
        [`${kind}Plain`, { ...plain, v: 2 }],
        [`${kind}Plain`, { ...plain, more: 1 }],
      ];
      for (const [schema, message] of faults) {
        expect([kind, validatorOf(schema)(message), isTaken(kind, message)]).toEqual([kind, false, false]);
      }
    }
  }
});

test("an event that is known has its own fields for the document too, and one that is not known has any", () => {
  const isOpen = (event: object, plain: object): readonly boolean[] => {
    const message = { ...plain, event };
    return [validatorOf("eventsPlain")(message), isTaken("events", message)];
  };
  for (const { plain } of messageExamples.events) {
    const { event = {} } = { ...Object(plain) };
    expect(isOpen({ ...event, more: 1 }, plain)).toEqual([false, false]);
    for (const name of Object.keys(event)) {
      const { [name]: _, ...rest } = event;
      expect([name, ...isOpen(rest, plain)]).toEqual([name, false, false]);
    }
    expect(isOpen({ ...event, type: "of-a-later-version", more: 1 }, plain)).toEqual([true, true]);
  }
});

test("an extension attribute is no fault, to the document either", () => {
  const [example] = messageExamples.readings;
  const extended = { ...example?.event, traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
  expect([validatorOf("readings")(extended), isTaken("readings", extended)]).toEqual([true, true]);
});
