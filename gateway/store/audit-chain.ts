import { createHash } from "node:crypto";
import { sqliteErrors } from "../../cloud-sync/sqlite/sqlite-error.ts";
import type { AuditRow } from "./audit-rows.ts";
import type { AuditEntry, NewAuditEntry } from "./store.ts";

/**
 * The chain of the audit log, to the octet. An entry's text is its JSON with `seq`, in UTF-8, without white space, the
 * keys of every object in ascending order of their UTF-16 code units (RFC 8785). Its hash is SHA-256 over 64 octets, the
 * hash of the entry before in lower-case hex, followed by the octets of the text; it is written in lower-case hex too.
 * Before the first entry stand 64 zeros.
 */
export function auditText(seq: number, { at, actor, action, subject }: NewAuditEntry): string {
  return canonicalText({ seq, at, actor, action, subject });
}

export function auditHash(previousHash: string, text: string): string {
  return createHash("sha256").update(previousHash, "latin1").update(text, "utf8").digest("hex");
}

/** Throws `store-damaged` where the text is no entry any more. */
export function auditEntryOf({ seq, body, hash }: AuditRow): AuditEntry {
  try {
    const { at, actor, action, subject }: NewAuditEntry = JSON.parse(body);
    return { seq, at, actor, action, subject, text: body, hash };
  } catch (cause) {
    const message = `entry ${seq} of the audit log is not JSON any more`;
    throw sqliteErrors.make("store-damaged", message, { cause, context: { seq } });
  }
}

/** What stands before the first entry. */
export const auditOrigin = { seq: 0, hash: "0".repeat(64) } as const;

type Json = string | number | boolean | null | { readonly [key: string]: Json };

function canonicalText(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value)
    .toSorted((one, other) => (one < other ? -1 : 1))
    .map((key) => `${JSON.stringify(key)}:${canonicalText(value[key] ?? null)}`);
  return `{${members.join(",")}}`;
}
