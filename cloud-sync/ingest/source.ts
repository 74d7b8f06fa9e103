import type { CommandResult, GatewayEvent, GatewayState } from "../contract/control.ts";
import type { Receipt } from "../contract/delivery.ts";

/**
 * Where batches come from: a port. A source hands each message to `handlers.batch` and may acknowledge it to its peer
 * only after the promise has resolved, because then, and only then, the sink has committed.
 * Contract: `test/contracts/source.ts`.
 */
export interface Source {
  /** Starts to take messages. Rejects if it cannot. */
  start(handlers: SourceHandlers): Promise<void>;
  /** Publishes a receipt to a gateway. Resolves when it is on its way; a receipt that is lost costs a resend. */
  sendReceipt(gateway: string, receipt: Receipt): Promise<void>;
  /** Takes no more, lets what is under way finish, then closes. Idempotent. */
  stop(): Promise<void>;
}

export interface SourceHandlers {
  /**
   * One message on a gateway's `readings` topic, as it came. Resolves when all of it is committed or in the dead
   * letters, with the receipt to send (null if the message was not even an envelope). Rejects only if nothing could
   * be committed now (the sink is down): then the source must not acknowledge.
   */
  batch(gateway: string, payload: Uint8Array): Promise<Receipt | null>;
  event?(gateway: string, event: GatewayEvent): Promise<void>;
  state?(gateway: string, state: GatewayState): void;
  result?(gateway: string, result: CommandResult): void;
}
