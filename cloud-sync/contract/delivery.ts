import { z } from "zod";
import { type CloudEvent, contentTypes, type EncodedMessage } from "./cloud-event.ts";
import { gatewayId } from "./reading.ts";

/**
 * What travels around readings: the batch up, the receipt down. The envelope is whole in the payload, so MQTT 3.1.1
 * and MQTT 5 carry the same thing.
 */
export type BatchEnvelope = z.infer<typeof batchEnvelope>;
export type Receipt = z.infer<typeof receipt>;
export type EventReceipt = z.infer<typeof eventReceipt>;
/** A receipt as it is published: in the form in which its batch, or its event, came. */
export type ReceiptMessage = Receipt | CloudEvent<Receipt>;
export type EventReceiptMessage = EventReceipt | CloudEvent<EventReceipt>;

/** A batch's id: unique for the gateway and never used again, also after a restart. */
export const batchId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

/** Bounds of one batch; the broker refuses larger packets. */
export const batchReadingsMax = 500;
export const batchBytesMax = 61_440;

/**
 * The envelope without its readings: these are validated one by one, so that one that is wrong is rejected alone.
 */
export const batchEnvelope = z.strictObject({
  v: z.literal(1),
  batch: batchId,
  gateway: gatewayId,
  readings: z.array(z.unknown()).min(1).max(batchReadingsMax),
});

/** Positions of a batch, from 0: `[[0, 3], [7, 7]]` is the first four and the eighth. */
const positions = z.array(z.tuple([z.int().min(0), z.int().min(0)])).max(batchReadingsMax);

/** The ingestor's word on a batch: what became of each reading, which the gateway may then let go of. */
export const receipt = z.strictObject({
  v: z.literal(1),
  batch: batchId,
  /** Committed now. */
  stored: positions,
  /** The sink had them already. */
  duplicate: positions,
  /** Wrong, and kept in the dead letters of the ingestion end. */
  rejected: z
    .array(z.strictObject({ position: z.int().min(0), code: z.string().max(64), reason: z.string().max(512) }))
    .max(batchReadingsMax),
  /** The ingestor's clock, in milliseconds since 1970: a hint to a gateway whose own is in doubt. */
  at: z.int(),
});

/**
 * The ingestor's word on events: it keeps them, in its sink or, where they are wrong, in its dead letters. A gateway lets
 * go of an event at this, and not at the broker's acknowledgement, which a broker forgets when it crashes.
 */
export const eventReceipt = z.strictObject({
  v: z.literal(1),
  /** Their ids, in lower case. */
  events: z.array(z.uuid()).min(1).max(64),
  at: z.int(),
});

/** Whatever travels on a `receipts` topic. */
export const anyReceipt = z.union([receipt, eventReceipt]);

export const receiptIn = (message: ReceiptMessage): Receipt => ("specversion" in message ? message.data : message);

export const encodeReceipt = (message: ReceiptMessage | EventReceiptMessage): EncodedMessage => ({
  payload: new TextEncoder().encode(JSON.stringify(message)),
  contentType: contentTypes["specversion" in message ? "cloudevents" : "plain"],
});
