import { faultOf } from "./fault-of.ts";
import type { Session } from "./session.ts";

/** "Care", as a number that no other program's lock is likely to have. */
const schemaLock = 0x43_61_72_65;

/**
 * Begins a transaction that changes the schema, when no other ingestor is in one; its end lets the next go. An engine
 * without advisory locks goes without: of two that make the same table its own conflict then lets one win.
 */
export async function beginAlone(session: Session): Promise<void> {
  await begin(session);
  try {
    await session.query("SELECT pg_advisory_xact_lock($1::bigint)", [schemaLock]);
  } catch (error) {
    const isUnknownHere = ["0A000", "42883"].includes(String(faultOf(error).context["sqlState"]));
    if (!isUnknownHere) throw error;
    await session.query("ROLLBACK");
    await begin(session);
  }
}

/**
 * The server ends it if nothing is heard of it, and if it waits for too long: an ingestor that froze in it, or is gone,
 * would keep all others from their tables.
 */
async function begin(session: Session): Promise<void> {
  await session.query("BEGIN");
  await session.query(`SET LOCAL idle_in_transaction_session_timeout = ${idleTimeoutMs}`);
  await session.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`);
}

const idleTimeoutMs = 5_000;
const lockTimeoutMs = 60_000;
