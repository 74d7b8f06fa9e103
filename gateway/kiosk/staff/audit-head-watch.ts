import { headToldSetting } from "../../audit-heads.ts";
import type { Store } from "../../store/store.ts";

const eventsMax = 500;

/** When the head of the audit log was last seen to have been delivered, since the program started; null if it was not. */
export function watchAuditHead(
  store: Pick<Store, "setting" | "pendingEvents">,
  now: () => number,
): () => Promise<number | null> {
  let seen: { readonly told: string | null } | null = null;
  let deliveredAt: number | null = null;
  return async () => {
    const [told, pending] = await Promise.all([
      store.setting(headToldSetting),
      store.pendingEvents({ afterSeq: 0, limit: eventsMax }),
    ]);
    const isUnderWay = pending.some(({ event }) => event.event.type === "audit-head");
    const isNew = seen !== null && seen.told !== told;
    if (!isUnderWay && isNew) deliveredAt = now();
    // What is under way when it is first seen will be new when it has arrived.
    if (!isUnderWay) seen = { told };
    else seen ??= { told: null };
    return deliveredAt;
  };
}
