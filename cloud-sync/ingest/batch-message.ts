import type { z } from "zod";
import { fail, ok, type Result } from "../../device-drivers/kit/result.ts";
import { type EnvelopeForm, isCloudEvent, openEnvelope, sourceOfGateway } from "../contract/cloud-event.ts";
import { type BatchEnvelope, batchEnvelope, batchId, batchReadingsMax } from "../contract/delivery.ts";
import { reading as readingSchema, type Reading } from "../contract/reading.ts";
import { standIn, takeReadings } from "./batch-text.ts";
import { elementTexts, memberText } from "./element-texts.ts";
import { claimsOf, readingContradiction } from "./reading-rules.ts";
import type { ReadingRecord } from "./reading-text.ts";
import { type Rejection, rejection, rejectionOf } from "./rejection.ts";
import type { Delivery } from "./sink.ts";

/** What a message on a `readings` topic turned out to be. */
export type BatchMessage =
  | {
      readonly usable: true;
      /** The receipt goes back in the same. */
      readonly form: EnvelopeForm;
      readonly batch: string;
      /** One for each position. */
      readonly verdicts: readonly Result<Delivery, Rejection>[];
    }
  | {
      readonly usable: false;
      readonly form: EnvelopeForm;
      readonly rejection: Rejection;
      /** The batch's id, if at least that could be read, and how many positions a receipt can reject. */
      readonly batch: string | null;
      readonly positions: number;
    };

export type ReadingVerdict = Result<Reading, Rejection>;

/** No valid batch is larger: `batchBytesMax` and an envelope. The embedded broker refuses such packets unread. */
export const messageBytesMax = 65_536;

/** Reads a message as it came. Never throws; work and memory are bounded by the message's size. */
export function readBatchMessage(gateway: string, payload: Uint8Array): BatchMessage {
  if (payload.byteLength > messageBytesMax) {
    return unusable(rejection("message-too-large", `${payload.byteLength} bytes, the most is ${messageBytesMax}`));
  }
  const text = decodeText(payload);
  return text === null ? unusable(notText) : (readQuickly(gateway, text) ?? readThoroughly(gateway, text));
}

/** The way of what gateways send, which is valid and in canonical form; null for anything else. */
function readQuickly(gateway: string, text: string): BatchMessage | null {
  const taken = takeReadings(text);
  const parsed = taken === null ? null : parseText(taken.envelope);
  if (taken === null || parsed?.ok !== true) return null;
  const message = openBatch(gateway, parsed.value);
  if (!message.ok || message.value.readings[0] !== standIn || message.value.readings.length !== 1) return null;
  const { form, batch } = message.value;
  return {
    usable: true,
    form,
    batch,
    verdicts: taken.readings.map((record) => ok(new WrittenDelivery(gateway, record))),
  };
}

function readThoroughly(gateway: string, text: string): BatchMessage {
  const parsed = parseText(text);
  if (!parsed.ok) return unusable(parsed.error);
  const message = openBatch(gateway, parsed.value);
  if (!message.ok) return { ...unusable(message.error), ...readablePart(parsed.value) };
  const { form, batch, readings } = message.value;
  return { usable: true, form, batch, verdicts: readings.map((candidate) => deliveryOf(gateway, candidate)) };
}

function deliveryOf(gateway: string, candidate: unknown): Result<Delivery, Rejection> {
  const verdict = readReading(candidate);
  return verdict.ok ? ok({ gateway, reading: verdict.value }) : verdict;
}

/** A reading that is parsed only for whoever wants to look into it. */
class WrittenDelivery implements Delivery {
  readonly gateway: string;
  readonly record: ReadingRecord;

  constructor(gateway: string, record: ReadingRecord) {
    this.gateway = gateway;
    this.record = record;
  }

  get reading(): Reading {
    return readingSchema.parse(JSON.parse(this.record.text));
  }
}

/** The texts of a batch's readings, as they were written; none if the message has no such thing. */
export function readingTexts(text: string, form: EnvelopeForm): readonly string[] {
  return elementTexts(dataText(text, form), "readings") ?? [];
}

/** The text of what is in the envelope, as it was written. `text` must be valid JSON. */
export const dataText = (text: string, form: EnvelopeForm): string =>
  form === "plain" ? text : (memberText(text, "data") ?? "");

/** Validates one reading: its shape by the schema, then what no single field can say. */
export function readReading(candidate: unknown): ReadingVerdict {
  const result = readingSchema.safeParse(candidate);
  if (!result.success) return fail(rejection("reading-invalid", firstIssue(result.error)));
  const contradiction = readingContradiction(claimsOf(result.data));
  if (contradiction !== null) return fail(rejection("reading-invalid", contradiction));
  return ok(withCanonicalId(result.data));
}

/** UTF-8 without a single wrong byte, then JSON. */
export function parseJson(payload: Uint8Array): Result<unknown, Rejection> {
  const text = decodeText(payload);
  return text === null ? fail(notText) : parseText(text);
}

function parseText(text: string): Result<unknown, Rejection> {
  try {
    return ok<unknown>(JSON.parse(text));
  } catch {
    return fail(rejection("message-not-json", "not valid JSON"));
  }
}

const notText = rejection("message-not-text", "not valid UTF-8");

/** The text of a payload; null if it is not UTF-8. */
export function decodeText(payload: Uint8Array): string | null {
  try {
    return utf8.decode(payload);
  } catch {
    return null;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The first thing that the schema holds against it, as `path: rule`. */
export function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return "invalid";
  const { path, message } = innermost(issue, []);
  return path.length === 0 ? message : `${path.join(".")}: ${message}`;
}

/** Of a choice between shapes, what is wrong with the one that comes nearest: "wrong" alone would not help anybody. */
function innermost(issue: z.core.$ZodIssue, above: readonly string[]): { path: readonly string[]; message: string } {
  const path = [...above, ...issue.path.map(String)];
  const shapes = issue.code === "invalid_union" ? issue.errors.toSorted((a, b) => a.length - b.length) : [];
  const nearest = shapes[0]?.[0];
  return nearest === undefined ? { path, message: issue.message } : innermost(nearest, path);
}

function openBatch(
  gateway: string,
  message: unknown,
): Result<BatchEnvelope & { readonly form: EnvelopeForm }, Rejection> {
  const opened = openEnvelope(message, { kind: "readings", source: sourceOfGateway(gateway) });
  if (!opened.ok) return fail(rejectionOf(opened.error));
  const envelope = readEnvelope(gateway, opened.value.data);
  return envelope.ok ? ok({ ...envelope.value, form: opened.value.form }) : envelope;
}

function readEnvelope(gateway: string, value: unknown): Result<BatchEnvelope, Rejection> {
  if (isRecord(value) && "v" in value && value["v"] !== 1) {
    return fail(rejection("envelope-version-unknown", "v: this version of the ingestion end reads 1 only"));
  }
  const result = batchEnvelope.safeParse(value);
  if (!result.success) return fail(rejection("envelope-invalid", firstIssue(result.error)));
  if (result.data.gateway !== gateway) {
    return fail(rejection("envelope-gateway-mismatch", "gateway: not the gateway of the topic"));
  }
  return ok(result.data);
}

function readablePart(
  message: unknown,
): Pick<Extract<BatchMessage, { usable: false }>, "form" | "batch" | "positions"> {
  const form = isCloudEvent(message) ? "cloudevents" : "plain";
  const value = isCloudEvent(message) ? message["data"] : message;
  if (!isRecord(value)) return { form, batch: null, positions: 0 };
  const batch = batchId.safeParse(value["batch"]);
  const readings = value["readings"];
  const positions = Array.isArray(readings) ? Math.min(readings.length, batchReadingsMax) : 0;
  return { form, batch: batch.success ? batch.data : null, positions };
}

/** Hex digits of a UUID mean the same in either case, so one form stands for both; else one reading had two ids. */
function withCanonicalId(valid: Reading): Reading {
  const id = valid.id.toLowerCase();
  return id === valid.id ? valid : { ...valid, id };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const unusable = (fault: Rejection): Extract<BatchMessage, { usable: false }> => ({
  usable: false,
  form: "plain",
  rejection: fault,
  batch: null,
  positions: 0,
});
