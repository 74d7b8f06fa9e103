import type { EventOutbox } from "../cloud-sync/uplink/event-outbox.ts";
import type { Store } from "./store/store.ts";
import { uuidV5 } from "../cloud-sync/uuid-v5.ts";

/** The namespace of the ids of tombstone events (RFC 9562, 6.6). */
const namespace = "24ea0f34-0334-432b-9bd9-cf6333b29345";

/** The tombstones of the store as events of the delivery contract: the same tombstone is the same event each time. */
export function tombstoneEvents(
  store: Pick<Store, "pendingTombstones" | "settleTombstones">,
  gateway: string,
): EventOutbox & { notify(): void } {
  const listeners = new Set<() => void>();
  return {
    events: async ({ afterSeq, eventsMax }) => {
      const pending = await store.pendingTombstones(eventsMax);
      return pending
        .filter(({ id }) => id > afterSeq)
        .map(({ id, readingId, reason, at }) => ({
          seq: id,
          event: {
            v: 1,
            id: uuidV5(namespace, JSON.stringify([gateway, readingId, at])),
            gateway,
            at,
            event: { type: "tombstone", readingId, reason },
          },
        }));
    },
    settleEvents: (seqs) => store.settleTombstones(seqs),
    onEventAdded: (listener) => {
      const own = (): void => listener();
      listeners.add(own);
      return () => listeners.delete(own);
    },
    notify: () => {
      for (const listener of listeners) listener();
    },
  };
}
