import type { OutboxEvent } from "../cloud-sync/uplink/event-outbox.ts";
import { uuidV5 } from "../cloud-sync/uuid-v5.ts";
import type { Store } from "./store/store.ts";

/** The namespace of the ids of tombstone events (RFC 9562, 6.6). */
const namespace = "24ea0f34-0334-432b-9bd9-cf6333b29345";

/**
 * The tombstones of the store as events of the delivery contract, the oldest first, each with its own id as `seq`: the
 * same tombstone is the same event each time.
 */
export async function pendingTombstoneEvents(
  store: Pick<Store, "pendingTombstones">,
  gateway: string,
  limit: number,
): Promise<readonly OutboxEvent[]> {
  const pending = await store.pendingTombstones(limit);
  return pending.map(({ id, readingId, reason, at }) => ({
    seq: id,
    event: {
      v: 1,
      id: uuidV5(namespace, JSON.stringify([gateway, readingId, at])),
      gateway,
      at,
      event: { type: "tombstone", readingId, reason },
    },
  }));
}
