import { beginAlone } from "./schema-lock.ts";
import type { Session } from "./session.ts";

/** Meters hold some two years; what is older, or comes from a clock that is wrong, goes to `readings_other`. */
const monthsBack = 24;
const monthsAhead = 3;

/** A month of measured time, in UTC. */
export interface Month {
  /** `readings_2026_03`. */
  readonly table: string;
  readonly from: string;
  readonly to: string;
}

/** The months that should have a partition, seen from `at`, the server's time in milliseconds since 1970. */
export function monthsAround(at: number): readonly Month[] {
  const now = new Date(at);
  return Array.from({ length: monthsBack + 1 + monthsAhead }, (_, index) => {
    const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + index - monthsBack, 1));
    const next = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 1));
    const table = `readings_${first.toISOString().slice(0, 7).replace("-", "_")}`;
    return { table, from: first.toISOString(), to: next.toISOString() };
  });
}

/** Which of these months have no partition yet; none where the table is not partitioned. */
export async function missingMonths(session: Session): Promise<readonly Month[]> {
  const [state] = await session.query<{ now: string; partitioned: boolean }>(
    `SELECT (extract(epoch FROM now()) * 1000)::bigint AS now,
       (SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass('carepost.readings')) AS partitioned`,
  );
  if (state?.partitioned !== true) return [];
  const tables = await session.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = to_regclass('carepost.readings')`,
  );
  const there = new Set(tables.map(({ name }) => name));
  return monthsAround(Number(state.now)).filter(({ table }) => !there.has(table));
}

/**
 * Makes one, in the caller's transaction. It cannot be made over rows that lie in `readings_other` already: they move into it first.
 */
export async function makePartition(session: Session, { table, from, to }: Month): Promise<void> {
  const range = `measured_at >= '${from}' AND measured_at < '${to}'`;
  const [strays] = await session.query<{ some: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM carepost.readings_other WHERE ${range}) AS some`,
  );
  const bounds = `FOR VALUES FROM ('${from}') TO ('${to}')`;
  if (strays?.some !== true) {
    await session.query(`CREATE TABLE carepost.${table} PARTITION OF carepost.readings ${bounds}`);
    return;
  }
  await session.query("LOCK TABLE carepost.readings_other IN SHARE ROW EXCLUSIVE MODE");
  await session.query(`CREATE TABLE carepost.${table} (LIKE carepost.readings INCLUDING ALL)`);
  await session.query(`INSERT INTO carepost.${table} SELECT * FROM carepost.readings_other WHERE ${range}`);
  await session.query(`DELETE FROM carepost.readings_other WHERE ${range}`);
  await session.query(`ALTER TABLE carepost.readings ATTACH PARTITION carepost.${table} ${bounds}`);
}

/**
 * Makes the partitions that are missing, each in a transaction that waits for no lock longer than a moment, because
 * writers wait behind it. Returns how many it made. Rejects with `postgres-forbidden` where the user does not own the
 * table: then readings of such months lie in `readings_other` until somebody who does makes their partition.
 */
export async function tendPartitions(session: Session): Promise<number> {
  const missing = await missingMonths(session);
  for (const month of missing) {
    await beginAlone(session);
    await session.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`);
    const isStillMissing = (await missingMonths(session)).some(({ table }) => table === month.table);
    if (isStillMissing) await makePartition(session, month);
    await session.commit();
  }
  return missing.length;
}

const lockTimeoutMs = 2_000;
