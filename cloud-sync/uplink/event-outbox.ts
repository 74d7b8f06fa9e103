import type { GatewayEvent } from "../contract/control.ts";

/**
 * Events that are still to be delivered, as tombstones of readings that were dropped on an operator's order: a port.
 * It is durable. Events are few; an event's duty ends with the ingestion end's receipt, as a reading's.
 */
export interface EventOutbox {
  /** The oldest events that are not settled, after `afterSeq`. Reads only. */
  events(request: { readonly afterSeq: number; readonly eventsMax: number }): Promise<readonly OutboxEvent[]>;
  /** Makes durable that these were delivered. Unknown or settled ones are ignored. */
  settleEvents(seqs: readonly number[]): Promise<void>;
  /** Calls back whenever events were added after the call. Returns what ends it. */
  onEventAdded(listener: () => void): () => void;
}

export interface OutboxEvent {
  readonly seq: number;
  readonly event: GatewayEvent;
}
