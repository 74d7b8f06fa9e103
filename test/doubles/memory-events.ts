import type { GatewayEvent } from "../../cloud-sync/contract/control.ts";
import type { EventOutbox, OutboxEvent } from "../../cloud-sync/uplink/event-outbox.ts";

/** A gateway's events in memory: what is not settled waits, as on the gateway's disk. */
export interface MemoryEvents extends EventOutbox {
  add(event: GatewayEvent): void;
  waiting(): number;
}

export function createMemoryEvents(): MemoryEvents {
  let waiting: OutboxEvent[] = [];
  const listeners = new Set<() => void>();
  let last = 0;
  return {
    add: (event) => {
      last += 1;
      waiting.push({ seq: last, event });
      for (const listener of listeners) listener();
    },
    waiting: () => waiting.length,
    events: async ({ afterSeq, eventsMax }) => waiting.filter(({ seq }) => seq > afterSeq).slice(0, eventsMax),
    settleEvents: async (seqs) => {
      waiting = waiting.filter(({ seq }) => !seqs.includes(seq));
    },
    onEventAdded: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
