import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { auditHash, auditOrigin, auditText } from "../../store/audit-chain.ts";
import type { AuditEntry, AuditHead, Store } from "../../store/store.ts";

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
  const state: { reached: AuditHead; beganMs: number; fault: string | null } = {
    reached: auditOrigin,
    beganMs: clock.monotonicMs(),
    fault: null,
  };
  let running: Promise<string | null> | null = null;

  /** Resolves with whether there is more to read. */
  const readOn = async (): Promise<boolean> => {
    const page = await store.auditEntries({ afterSeq: state.reached.seq, limit: pageEntries });
    for (const entry of page) {
      state.fault = faultOf(state.reached, entry);
      if (state.fault !== null) return false;
      state.reached = { seq: entry.seq, hash: entry.hash };
    }
    return page.length === pageEntries;
  };
  const look = async (): Promise<string | null> => {
    if (state.fault !== null) return state.fault;
    for (let read = 0; read < entriesMax; read += pageEntries) {
      const hasMore = await readOn();
      if (!hasMore) break;
    }
    if (state.fault !== null) return state.fault;
    const { reached } = state;
    const head = (await store.auditHead()) ?? auditOrigin;
    if (head.seq < reached.seq) state.fault = `it ends at entry ${head.seq}, and had ${reached.seq}`;
    if (head.seq === reached.seq && clock.monotonicMs() - state.beganMs >= roundMs) {
      state.reached = auditOrigin;
      state.beganMs = clock.monotonicMs();
    }
    return state.fault;
  };
  return () => {
    running ??= look().finally(() => {
      running = null;
    });
    return running;
  };
}

function faultOf(before: AuditHead, entry: AuditEntry): string | null {
  if (entry.seq !== before.seq + 1) return `entry ${before.seq + 1} is missing`;
  return entry.hash === auditHash(before.hash, auditText(entry.seq, entry))
    ? null
    : `entry ${entry.seq} is not what was written`;
}
