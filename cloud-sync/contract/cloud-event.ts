import { fail, ok, type Result } from "../../device-drivers/kit/result.ts";
import { contractVersion, type TopicKind } from "./topics.ts";

/**
 * The envelope of every message: a CloudEvent 1.0 in structured JSON (CloudEvents 1.0.2, JSON format 1.0.2, MQTT binding
 * §3.2), whose `data` is the object of the contract. All of it is in the payload, so MQTT 3.1.1 carries it as well.
 * `source` and `id` together are the rule for duplicates: what is delivered again has both again.
 */
export interface CloudEvent<Data = unknown> {
  readonly specversion: typeof specversion;
  readonly id: string;
  /** `/gateways/{gateway id}` or `/ingestors/{name}`. */
  readonly source: string;
  readonly type: string;
  /** RFC 3339; absent where the clock of whoever made it is not trusted. */
  readonly time?: string;
  readonly subject?: string;
  readonly datacontenttype: "application/json";
  readonly data: Data;
}

/** `plain`: the object of the contract with nothing around it, as gateways published it before there was an envelope. */
export type EnvelopeForm = "cloudevents" | "plain";

/** The content type of each form, for MQTT 5. */
export const contentTypes: Readonly<Record<EnvelopeForm, string>> = {
  cloudevents: "application/cloudevents+json; charset=utf-8",
  plain: "application/json",
};

export interface EventAttributes {
  readonly kind: TopicKind;
  readonly id: string;
  readonly source: string;
  /** When it was made, in milliseconds since 1970; null if nobody can say. */
  readonly at: number | null;
  readonly subject?: string;
}

export interface EncodedMessage {
  readonly payload: Uint8Array;
  readonly contentType: string;
}

/** What is wrong with an envelope. `reason` names the attribute and the rule, and holds no value. */
export interface EnvelopeFault {
  readonly code:
    | "cloud-event-version-unknown"
    | "cloud-event-invalid"
    | "cloud-event-type-unknown"
    | "cloud-event-data-missing"
    | "cloud-event-data-foreign"
    | "cloud-event-source-mismatch";
  readonly reason: string;
}

export interface OpenEnvelope {
  readonly form: EnvelopeForm;
  readonly data: unknown;
}

const specversion = "1.0";

/** How a `time` is written. */
export const rfc3339Pattern = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** `org.carepost.readings.v1`: what the last level of the topic is, and the major version of the contract. */
export const eventType = (kind: TopicKind): string => `org.carepost.${kind}.v${contractVersion}`;

export const sourceOfGateway = (gateway: string): string => `/gateways/${gateway}`;
export const sourceOfIngestor = (name: string): string => `/ingestors/${name}`;

export function cloudEvent<Data>(attributes: EventAttributes, data: Data): CloudEvent<Data> {
  const { kind, id, source, at, subject } = attributes;
  const time = at === null ? null : rfc3339(at);
  return {
    specversion,
    id,
    source,
    type: eventType(kind),
    ...(time === null ? {} : { time }),
    ...(subject === undefined ? {} : { subject }),
    datacontenttype: "application/json",
    data,
  };
}

/** The JSON text of a CloudEvent up to its data, for whoever has the data as a text: this, the text, and `}`. */
export const cloudEventHead = (attributes: EventAttributes): string =>
  JSON.stringify(cloudEvent(attributes, 0)).slice(0, -"0}".length);

/** A message in either form. */
export function encodeMessage(form: EnvelopeForm, attributes: EventAttributes, data: unknown): EncodedMessage {
  const value = form === "plain" ? data : cloudEvent(attributes, data);
  return { payload: new TextEncoder().encode(JSON.stringify(value)), contentType: contentTypes[form] };
}

/** Is it meant as a CloudEvent? A message of the contract itself has a `v` and none of these. */
export const isCloudEvent = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isRecord(value) &&
  (isSet(value["specversion"]) || (!("v" in value) && isSet(value["type"]) && isSet(value["source"])));

/**
 * Takes the data out of the envelope, or gives back a message that has none. `source`, where it is given, is the only
 * one that may speak on this topic. Attributes that nobody knows are extensions, and ignored (CloudEvents 1.0.2, §3);
 * one that is null counts as absent (JSON format, §2.2).
 */
export function openEnvelope(
  value: unknown,
  expected: { readonly kind: TopicKind; readonly source?: string },
): Result<OpenEnvelope, EnvelopeFault> {
  if (!isCloudEvent(value)) return ok({ form: "plain", data: value });
  const fault = attributeFault(value) ?? originFault(value, expected) ?? dataFault(value);
  return fault === null ? ok({ form: "cloudevents", data: value["data"] }) : fail(fault);
}

function attributeFault(event: Readonly<Record<string, unknown>>): EnvelopeFault | null {
  const { specversion: version, time, subject } = event;
  if (!isSet(version)) return { code: "cloud-event-invalid", reason: "specversion: is missing" };
  if (version !== specversion) return { code: "cloud-event-version-unknown", reason: "specversion: only 1.0 is known" };
  for (const name of ["id", "source", "type"]) {
    if (!isSet(event[name])) return { code: "cloud-event-invalid", reason: `${name}: is missing` };
    if (!isText(event[name])) return { code: "cloud-event-invalid", reason: `${name}: not a text, or an empty one` };
  }
  if (isSet(subject) && !isText(subject)) {
    return { code: "cloud-event-invalid", reason: "subject: not a text, or an empty one" };
  }
  if (isSet(time) && !(isText(time) && rfc3339Pattern.test(time))) {
    return { code: "cloud-event-invalid", reason: "time: not an RFC 3339 timestamp" };
  }
  return null;
}

function originFault(
  { type, source }: Readonly<Record<string, unknown>>,
  expected: { readonly kind: TopicKind; readonly source?: string },
): EnvelopeFault | null {
  if (type !== eventType(expected.kind)) {
    return {
      code: "cloud-event-type-unknown",
      reason: `type: on this topic only ${eventType(expected.kind)} is known`,
    };
  }
  if (expected.source !== undefined && source !== expected.source) {
    return { code: "cloud-event-source-mismatch", reason: "source: not /gateways/ and the gateway of the topic" };
  }
  return null;
}

function dataFault(event: Readonly<Record<string, unknown>>): EnvelopeFault | null {
  const { data, data_base64: octets, datacontenttype } = event;
  if (isSet(octets)) return { code: "cloud-event-data-foreign", reason: "data_base64: the data is JSON, in data" };
  if (isSet(datacontenttype) && !(isText(datacontenttype) && jsonPattern.test(datacontenttype))) {
    return { code: "cloud-event-data-foreign", reason: "datacontenttype: only application/json is known" };
  }
  return isSet(data) ? null : { code: "cloud-event-data-missing", reason: "data: is missing" };
}

const jsonPattern = /^application\/json[ \t]*(?:;|$)/i;

/** Null for a time that RFC 3339 cannot write: its years have four digits. */
function rfc3339(at: number): string | null {
  const isWritable = at >= Date.UTC(0, 0, 1) && at < Date.UTC(10_000, 0, 1);
  return isWritable ? new Date(at).toISOString() : null;
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null;

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
