import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";
import type { EnvelopeFault } from "../contract/cloud-event.ts";

/**
 * What can be wrong with a message, with its remedy: the codes of dead letters and of a receipt's `rejected`. They are
 * a value that travels, not an exception, because wrong input is expected.
 */
export const rejections = defineErrors({
  "message-too-large": {
    blame: "operator",
    recovery: "quarantine",
    remedy: "Lower the gateway's `uplink.batchBytesMax` to 61440 or less.",
  },
  "message-not-text": {
    blame: "program",
    recovery: "quarantine",
    remedy: "Find out which program publishes on this topic: a batch is JSON in UTF-8.",
  },
  "message-not-json": {
    blame: "program",
    recovery: "quarantine",
    remedy: "Find out which program publishes on this topic: a batch is one JSON object.",
  },
  "cloud-event-version-unknown": {
    blame: "operator",
    recovery: "quarantine",
    remedy: "Update the ingestion end before what publishes, then replay the dead letter.",
  },
  "cloud-event-invalid": {
    blame: "program",
    recovery: "quarantine",
    remedy: "Mend the attribute that the reason names in what publishes: `carepost contract` prints how it has to be.",
  },
  "cloud-event-type-unknown": {
    blame: "program",
    recovery: "quarantine",
    remedy: "Publish this type of event on its own topic, or update the ingestion end if it is newer; then replay it.",
  },
  "cloud-event-data-missing": {
    blame: "program",
    recovery: "quarantine",
    remedy: "Put the object of the contract into `data`: `carepost contract` prints how it has to be.",
  },
  "cloud-event-data-foreign": {
    blame: "program",
    recovery: "quarantine",
    remedy: "Publish the data as JSON in `data`, with `datacontenttype` application/json or none.",
  },
  "cloud-event-source-mismatch": {
    blame: "operator",
    recovery: "quarantine",
    remedy: "Give each gateway an id of its own, and events the source /gateways/ followed by the id of their topic.",
  },
  "envelope-version-unknown": {
    blame: "operator",
    recovery: "quarantine",
    remedy: "Update the ingestion end before the gateways, then replay the dead letter.",
  },
  "envelope-invalid": {
    blame: "program",
    recovery: "quarantine",
    remedy: "Update the gateway, or the ingestion end if the gateway is newer; then replay the dead letter.",
  },
  "envelope-gateway-mismatch": {
    blame: "operator",
    recovery: "quarantine",
    remedy: "Give each gateway an id of its own: this one sent a batch in the name of another.",
  },
  "reading-invalid": {
    blame: "program",
    recovery: "quarantine",
    remedy:
      "Compare the field that the reason names with the contract; update what is older, then replay the dead letter.",
  },
  "reading-unstorable": {
    blame: "program",
    recovery: "quarantine",
    remedy: "Report this: the reading is valid and the sink refuses it. Replay the dead letter after an update.",
  },
  "event-invalid": {
    blame: "program",
    recovery: "quarantine",
    remedy: "Compare the field that the reason names with the contract; update what is older, then replay the event.",
  },
  "event-gateway-mismatch": {
    blame: "operator",
    recovery: "quarantine",
    remedy: "Give each gateway an id of its own: this one sent an event in the name of another.",
  },
  "event-unstorable": {
    blame: "program",
    recovery: "quarantine",
    remedy: "Report this: the event is valid and the sink refuses it. Replay the dead letter after an update.",
  },
});

export type RejectionCode = keyof typeof rejections.table;

/** `reason` names the path and the rule; it is printable ASCII without quotation marks, and holds no value. */
export interface Rejection {
  readonly code: RejectionCode;
  readonly reason: string;
}

export const reasonCharsMax = 512;

/**
 * Makes a rejection. Names from the message (an unknown field's, say) may be in the reason, so what could steer an
 * operator's terminal, or grow when it is written as JSON, is replaced.
 */
export function rejection(code: RejectionCode, reason: string): Rejection {
  const plain = reason
    .replaceAll(/["\\`]/g, "'")
    .replaceAll(/[^\x20-\x7e]/g, "?")
    .slice(0, reasonCharsMax);
  return { code, reason: plain };
}

export const rejectionOf = ({ code, reason }: EnvelopeFault): Rejection => rejection(code, reason);
