import { sqliteErrors } from "../../cloud-sync/sqlite/sqlite-error.ts";
import { auditHash, auditOrigin } from "../store/audit-chain.ts";
import type { AuditEntry, AuditHead, Store } from "../store/store.ts";

/** What a walk along the whole chain has found. */
export type AuditVerdict =
  | { readonly isWhole: true; readonly entries: number; readonly head: AuditHead | null }
  /** Up to `seq` - 1 the log is as it was written. */
  | { readonly isWhole: false; readonly seq: number; readonly reason: AuditBreak };

export type AuditBreak =
  /** Its text, its hash, or the entry before it is not what was written. */
  | "hash"
  /** Entries are missing, or stand in another order. */
  | "gap"
  /** Its text is no entry. */
  | "unreadable"
  /** The log ended here or later once: a head that was told says so. */
  | "cut-off"
  /** The log had another entry here once: a head that was told says so. */
  | "replaced";

const pageEntries = 500;

/**
 * Walks along the audit log from its first entry, over the very text that is stored, and compares it with the heads that
 * were told to somebody else: without those, a log that was cut off at its end, or made anew, looks whole.
 */
export async function verifyAudit(
  store: Pick<Store, "auditEntries">,
  heads: readonly AuditHead[] = [],
): Promise<AuditVerdict> {
  const told = new Map<number, Set<string>>();
  for (const { seq, hash } of heads) told.set(seq, (told.get(seq) ?? new Set()).add(hash));
  let last: AuditHead = auditOrigin;
  const walk = async (): Promise<AuditBreak | null> => {
    for await (const entry of auditWalk(store)) {
      const reason = breakAt(entry, last) ?? replacement(entry, told);
      if (reason !== null) return reason;
      last = { seq: entry.seq, hash: entry.hash };
    }
    return heads.some(({ seq }) => seq > last.seq) ? "cut-off" : null;
  };
  const reason = await walk().catch((error: unknown) => {
    if (sqliteErrors.is(error, "store-damaged")) return "unreadable" as const;
    throw error;
  });
  if (reason !== null) return { isWhole: false, seq: last.seq + 1, reason };
  return { isWhole: true, entries: last.seq, head: last.seq === 0 ? null : last };
}

/**
 * Every entry in the order in which they were written, read page by page; throws `store-damaged` at the first that is no
 * entry any more, when all before it were given.
 */
export async function* auditWalk(store: Pick<Store, "auditEntries">, afterSeq = 0): AsyncGenerator<AuditEntry> {
  let last = afterSeq;
  let limit = pageEntries;
  for (;;) {
    const page = await store.auditEntries({ afterSeq: last, limit }).catch((error: unknown) => {
      if (limit === 1 || !sqliteErrors.is(error, "store-damaged")) throw error;
      return null;
    });
    if (page !== null) yield* page;
    if (page !== null && page.length < limit) return;
    if (page === null) limit = 1;
    last = page?.at(-1)?.seq ?? last;
  }
}

function breakAt(entry: AuditEntry, before: AuditHead): AuditBreak | null {
  if (entry.seq !== before.seq + 1) return "gap";
  return entry.hash === auditHash(before.hash, entry.text) ? null : "hash";
}

/** Several different heads of one place cannot all be right. */
function replacement({ seq, hash }: AuditEntry, told: ReadonlyMap<number, ReadonlySet<string>>): AuditBreak | null {
  const hashes = told.get(seq);
  return hashes === undefined || (hashes.size === 1 && hashes.has(hash)) ? null : "replaced";
}
