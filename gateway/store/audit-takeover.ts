import type { Sqlite } from "../../cloud-sync/sqlite/connection.ts";
import { auditHash, auditOrigin } from "./audit-chain.ts";
import { AuditRows } from "./audit-rows.ts";
import { attempt } from "./readable.ts";

const pageRows = 512;

interface OldLog {
  /** Null where nothing of it can be read. */
  readonly old: Sqlite | null;
  readonly at: number;
}

/**
 * Goes on with the audit log of a database that was set aside: its entries up to the first that cannot be read or does
 * not follow from the one before, and then one that says so. What is behind that stands in the file that was set aside.
 */
export function takeOverAudit(audit: AuditRows, { old, at }: OldLog): void {
  if (old !== null && !hasLog(old)) return;
  const lastSeq = old === null ? null : attempt(() => lastSeqOf(old));
  if (lastSeq === 0) return;
  const kept = old === null ? 0 : takeEntries(audit, old);
  const subject = { kept, lost: lastSeq === null ? null : lastSeq - kept };
  audit.append({ at, actor: "gateway", action: "audit-log-replaced", subject });
}

/** Returns how many. */
function takeEntries(audit: AuditRows, old: Sqlite): number {
  const source = attempt(() => new AuditRows(old));
  let { seq, hash }: { readonly seq: number; readonly hash: string } = auditOrigin;
  for (;;) {
    const rows = attempt(() => source?.list(seq, pageRows)) ?? attempt(() => source?.list(seq, 1)) ?? [];
    for (const row of rows) {
      if (row.seq !== seq + 1 || row.hash !== auditHash(hash, row.body)) return seq;
      audit.keep(row);
      ({ seq, hash } = row);
    }
    if (rows.length === 0) return seq;
  }
}

/** A database of an earlier version has none. Where that cannot be read, it may have had one. */
function hasLog(old: Sqlite): boolean {
  const has = old.prepare<[], number>("SELECT 1 FROM sqlite_schema WHERE name = 'audit'");
  return attempt(() => has.get() !== undefined) ?? true;
}

function lastSeqOf(old: Sqlite): number {
  return old.prepare<[], number>("SELECT coalesce(max(seq), 0) FROM audit").pluck().get() ?? 0;
}
