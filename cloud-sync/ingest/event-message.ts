import { z } from "zod";
import { fail, ok, type Result } from "../../device-drivers/kit/result.ts";
import { type EnvelopeForm, eventType, isCloudEvent, openEnvelope, sourceOfGateway } from "../contract/cloud-event.ts";
import { receivedEvent } from "../contract/control.ts";
import { dataText, decodeText, firstIssue, messageBytesMax, parseJson } from "./batch-message.ts";
import { type Rejection, rejection, rejectionOf } from "./rejection.ts";
import type { EventDelivery } from "./sink.ts";

/**
 * Reads a message on an `events` topic as it came. Of an event whose type is not known all is kept, because its text is.
 * Never throws; work and memory are bounded by the message's size.
 */
export function readEventMessage(gateway: string, payload: Uint8Array): Result<EventDelivery, Rejection> {
  if (payload.byteLength > messageBytesMax) {
    return fail(rejection("message-too-large", `${payload.byteLength} bytes, the most is ${messageBytesMax}`));
  }
  const parsed = parseJson(payload);
  if (!parsed.ok) return parsed;
  const opened = openEnvelope(parsed.value, { kind: "events", source: sourceOfGateway(gateway) });
  if (!opened.ok) return fail(rejectionOf(opened.error));
  const event = receivedEvent.safeParse(opened.value.data);
  if (!event.success) return fail(rejection("event-invalid", firstIssue(event.error)));
  if (event.data.gateway !== gateway) {
    return fail(rejection("event-gateway-mismatch", "gateway: not the gateway of the topic"));
  }
  const body = dataText(decodeText(payload) ?? "", opened.value.form);
  const { id, at } = event.data;
  return ok({ gateway, id: id.toLowerCase(), type: event.data.event.type, at, body });
}

/** Which event it is, also where the rest of it is wrong, and in which form it came; null if it does not say. */
export function eventIdentity(payload: Uint8Array): { readonly id: string; readonly form: EnvelopeForm } | null {
  const parsed = parseJson(payload);
  if (!parsed.ok) return null;
  const form = isCloudEvent(parsed.value) ? "cloudevents" : "plain";
  const found = identified.safeParse(isCloudEvent(parsed.value) ? parsed.value["data"] : parsed.value);
  return found.success ? { id: found.data.id.toLowerCase(), form } : null;
}

const identified = z.object({ id: z.uuid() });

/** Was it meant as an event? A dead letter does not say on which topic it came. */
export function isMeantAsEvent(payload: Uint8Array): boolean {
  const parsed = parseJson(payload);
  if (!parsed.ok) return false;
  if (isCloudEvent(parsed.value)) return parsed.value["type"] === eventType("events");
  return typeof parsed.value === "object" && parsed.value !== null && "event" in parsed.value;
}
