import type { EncodedMessage } from "../contract/cloud-event.ts";
import type { EventReceiptMessage, ReceiptMessage } from "../contract/delivery.ts";

/**
 * Where batches come from: a port. A source hands each message to `handlers.batch`; only after the promise has resolved
 * does it acknowledge the message to its peer and publish the receipt, because then, and only then, the sink has
 * committed. A receipt that is lost on its way costs a resend. Contract: `test/contracts/source.ts`.
 */
export interface Source {
  /** Starts to take messages. Rejects if it cannot. */
  start(handlers: SourceHandlers): Promise<void>;
  /**
   * Sends to a gateway on its `commands` topic. Resolves with whether it is on its way: false where the broker is away,
   * or the gateway is known not to be there. Never rejects; and what is on its way may be lost, so look for what it does.
   */
  command(gateway: string, message: EncodedMessage): Promise<boolean>;
  /** Takes no more, lets what is under way finish, then closes. Idempotent. */
  stop(): Promise<void>;
}

/** Payloads are handed over as they came: the ingestor alone says what is valid. `gateway` is the topic's. */
export interface SourceHandlers {
  /**
   * One message on a gateway's `readings` topic. Resolves when all of it is committed or in the dead letters, with the
   * receipt to publish as `encodeReceipt` writes it (null if the message was not even an envelope). Rejects only if nothing could be committed now
   * (the sink is down): then the source must not acknowledge.
   */
  batch(gateway: string, payload: Uint8Array): Promise<ReceiptMessage | null>;
  /**
   * One message on `events`. Resolves when it is durable, with the receipt to publish (null if it does not even say which
   * event it is); rejects like `batch`.
   */
  event(gateway: string, payload: Uint8Array): Promise<EventReceiptMessage | null>;
  state(gateway: string, payload: Uint8Array): void;
  result(gateway: string, payload: Uint8Array): void;
}
