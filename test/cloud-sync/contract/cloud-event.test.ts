import { CloudEvent as ForeignEvent } from "cloudevents";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  cloudEvent,
  cloudEventHead,
  encodeMessage,
  type EventAttributes,
  eventType,
  isCloudEvent,
  openEnvelope,
  sourceOfGateway,
} from "../../../cloud-sync/contract/cloud-event.ts";
import { messageData } from "../../../cloud-sync/contract/message-data.ts";

const kinds = ["readings", "receipts", "events", "state", "commands", "results"] as const;
const source = sourceOfGateway("gw-1");

const attributes: fc.Arbitrary<EventAttributes> = fc.record(
  {
    kind: fc.constantFrom(...kinds),
    id: fc.stringMatching(/^[A-Za-z0-9:_-]{1,64}$/),
    source: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/).map(sourceOfGateway),
    at: fc.option(fc.integer({ min: Date.UTC(0, 0, 1), max: Date.UTC(9999, 11, 31) })),
    subject: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
  },
  { requiredKeys: ["kind", "id", "source", "at"] },
);
const data = fc.object({ maxDepth: 3 }).map((value): unknown => JSON.parse(JSON.stringify(value)));

const example = (changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  ...cloudEvent({ kind: "readings", id: "b1", source, at: 0 }, { v: 1 }),
  ...changes,
});

const open = (value: unknown): ReturnType<typeof openEnvelope> => openEnvelope(value, { kind: "readings", source });

test("whatever is wrapped is a CloudEvent to the community's own validator, and opens again", () => {
  fc.assert(
    fc.property(attributes, data, (given, content) => {
      const { payload, contentType } = encodeMessage("cloudevents", given, content);
      const parsed = JSON.parse(new TextDecoder().decode(payload));
      const foreign = new ForeignEvent(parsed);
      expect(foreign.validate()).toBe(true);
      expect([foreign.id, foreign.source, foreign.type]).toEqual([given.id, given.source, eventType(given.kind)]);
      expect("time" in parsed).toBe(given.at !== null);
      expect(contentType).toBe("application/cloudevents+json; charset=utf-8");
      const { kind } = given;
      expect(openEnvelope(parsed, { kind, source: given.source })).toEqual({
        ok: true,
        value: { form: "cloudevents", data: content },
      });
    }),
    { seed: 20_261_122 },
  );
});

test("that validator finds what is planted", () => {
  for (const changes of [{ source: undefined }, { type: "" }, { Extension: "x" }, { time: "no" }]) {
    expect(() => new ForeignEvent(example(changes)).validate()).toThrow(/./);
  }
  expect(new ForeignEvent(example({ specversion: "2.0" })).validate()).toBe(false);
  expect(new ForeignEvent(example()).validate()).toBe(true);
});

test("the head, any JSON text and a brace are the same event as the one that is made whole", () => {
  fc.assert(
    fc.property(attributes, data, (given, content) => {
      const text = `${cloudEventHead(given)}${JSON.stringify(content)}}`;
      expect(text).toBe(JSON.stringify(cloudEvent(given, content)));
    }),
    { seed: 20_261_122 },
  );
});

test("any other JSON is handed on as it is, for the schema to judge", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      fc.pre(!isCloudEvent(value));
      expect(open(value)).toEqual({ ok: true, value: { form: "plain", data: value } });
    }),
    { seed: 20_261_122 },
  );
});

test("a time that RFC 3339 cannot write is left out", () => {
  for (const at of [Number.NaN, Number.POSITIVE_INFINITY, 8.64e15, -8.64e15, Date.UTC(10_000, 0, 1)]) {
    expect(cloudEvent({ kind: "state", id: "s", source, at }, {})).not.toHaveProperty("time");
  }
  expect(cloudEvent({ kind: "state", id: "s", source, at: 0 }, {}).time).toBe("1970-01-01T00:00:00.000Z");
});

test("each way to be no CloudEvent of this topic has its code, and names the attribute", () => {
  const cases: readonly (readonly [code: string, reason: RegExp, changes: Readonly<Record<string, unknown>>])[] = [
    ["cloud-event-version-unknown", /^specversion: /, { specversion: "0.3" }],
    ["cloud-event-version-unknown", /^specversion: /, { specversion: 1 }],
    ["cloud-event-invalid", /^specversion: is missing/, { specversion: undefined }],
    ["cloud-event-invalid", /^id: is missing/, { id: null }],
    ["cloud-event-invalid", /^id: not a text/, { id: 7 }],
    ["cloud-event-invalid", /^id: not a text/, { id: "" }],
    ["cloud-event-invalid", /^source: /, { source: "" }],
    ["cloud-event-invalid", /^type: /, { type: undefined }],
    ["cloud-event-invalid", /^subject: /, { subject: "" }],
    ["cloud-event-invalid", /^time: /, { time: "yesterday" }],
    ["cloud-event-invalid", /^time: /, { time: 1_750_000_000 }],
    ["cloud-event-type-unknown", /^type: .*org\.carepost\.readings\.v1/, { type: "org.carepost.readings.v2" }],
    ["cloud-event-type-unknown", /^type: /, { type: eventType("events") }],
    ["cloud-event-source-mismatch", /^source: /, { source: sourceOfGateway("gw-2") }],
    ["cloud-event-data-foreign", /^data_base64: /, { data: undefined, data_base64: "e30=" }],
    ["cloud-event-data-foreign", /^data_base64: /, { data_base64: "e30=" }],
    ["cloud-event-data-foreign", /^datacontenttype: /, { datacontenttype: "application/fhir+json" }],
    ["cloud-event-data-foreign", /^datacontenttype: /, { datacontenttype: "application/jsonp" }],
    ["cloud-event-data-missing", /^data: /, { data: undefined }],
    ["cloud-event-data-missing", /^data: /, { data: null }],
  ];
  for (const [code, reason, changes] of cases) {
    expect([changes, open(example(changes))]).toEqual([
      changes,
      { ok: false, error: { code, reason: expect.stringMatching(reason) } },
    ]);
  }
});

test("what the specification leaves free is accepted: extensions, absent and null attributes, media type parameters", () => {
  const free: readonly Readonly<Record<string, unknown>>[] = [
    { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", sequence: 7, anything: { deep: true } },
    { time: undefined, subject: null, datacontenttype: null, dataschema: "https://example.org/schema" },
    { datacontenttype: "Application/JSON; charset=UTF-8" },
    { time: "2026-11-22T10:11:12.123456789+14:00" },
    { time: "2026-11-22t10:11:12z", data_base64: null },
  ];
  for (const changes of free) {
    expect(open(example(changes))).toEqual({ ok: true, value: { form: "cloudevents", data: { v: 1 } } });
  }
});

test("where anybody may speak, as to a gateway, any source is heard", () => {
  const command = example({ type: eventType("commands"), source: "https://fleet.example.org/console" });
  expect(openEnvelope(command, { kind: "commands" })).toMatchObject({ ok: true });
});

test("whoever looks on gets the data of either form, and nothing of what is no message", () => {
  const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  expect(messageData("readings", bytes(example()))).toEqual({ v: 1 });
  expect(messageData("readings", bytes({ v: 1 }))).toEqual({ v: 1 });
  for (const wrong of [bytes(example({ specversion: "2.0" })), Uint8Array.of(0xff), Uint8Array.of(0x7b)]) {
    expect(messageData("readings", wrong)).toBeUndefined();
  }
});
