import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { auditHash, auditOrigin, auditText } from "../../store/audit-chain.ts";
import type { AuditHead, Store } from "../../store/store.ts";

/** Entries in one call: a look at the page must not wait for a log of years. */
const entriesMax = 5_000;
const pageEntries = 500;
/** How often it begins anew: what was read once may be changed later. */
const roundMs = 3_600_000;

/**
 * Verifies the chain of the audit log piece by piece: each call goes on where the last one stopped, and resolves with
 * what is wrong, null if nothing is so far. What was found wrong stays wrong.
 */
export function watchAudit(
  store: Pick<Store, "auditEntries" | "auditHead">,
  clock: Pick<Clock, "monotonicMs">,
): () => Promise<string | null> {
  let reached: AuditHead = auditOrigin;
  let beganMs = clock.monotonicMs();
  let fault: string | null = null;
  let running: Promise<string | null> | null = null;

  const readOn = async (): Promise<boolean> => {
    const page = await store.auditEntries({ afterSeq: reached.seq, limit: pageEntries });
    for (const entry of page) {
      if (entry.seq !== reached.seq + 1) fault = `entry ${reached.seq + 1} is missing`;
      else if (entry.hash !== auditHash(reached.hash, entry.text) || entry.text !== auditText(entry.seq, entry)) {
        fault = `entry ${entry.seq} is not what was written`;
      }
      if (fault !== null) return false;
      reached = { seq: entry.seq, hash: entry.hash };
    }
    return page.length === pageEntries;
  };
  const look = async (): Promise<string | null> => {
    for (let read = 0; fault === null && read < entriesMax; read += pageEntries) {
      const hasMore = await readOn();
      if (!hasMore) break;
    }
    const head = (await store.auditHead()) ?? auditOrigin;
    if (fault === null && head.seq < reached.seq) fault = `it ends at entry ${head.seq}, and had ${reached.seq}`;
    if (head.seq === reached.seq && clock.monotonicMs() - beganMs >= roundMs) {
      reached = auditOrigin;
      beganMs = clock.monotonicMs();
    }
    return fault;
  };
  return () => {
    running ??= look().finally(() => {
      running = null;
    });
    return running;
  };
}
