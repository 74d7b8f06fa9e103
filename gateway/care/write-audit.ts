import type { PairedDevice } from "../pairing/pairing-window.ts";
import type { NewAuditEntry, Store } from "../store/store.ts";

/** An entry for what changes nothing in the store, or was changed already: as an export, or a key on the radio. */
export async function writeAudit(store: Pick<Store, "record">, entry: NewAuditEntry): Promise<void> {
  await store.record({ changes: [], events: [], audit: [entry] });
}

/** What the audit log says of a pairing. A device that went to sleep before it said who it is has only its address. */
export const pairedSubject = ({ address, method, forgetsKey, look }: PairedDevice): NewAuditEntry["subject"] => ({
  device: look?.deviceId ?? address,
  method,
  forgetsKey,
});
