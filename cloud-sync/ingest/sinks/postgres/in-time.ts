import type { Clock } from "../../../../device-drivers/ports/clock.ts";
import { postgresErrors } from "./postgres-error.ts";
import type { Session } from "./session.ts";

/**
 * What `work` on a session comes to. After `timeoutMs` the session is destroyed and `postgres-unreachable` is thrown: a
 * server that is frozen answers nothing at all, and to cancel a COMMIT would turn it into one that no standby has.
 */
export async function inTime<T>(session: Session, work: Promise<T>, limit: TimeLimit): Promise<T> {
  const done = new AbortController();
  const late = limit.clock.sleep(limit.timeoutMs, done.signal).then(
    () => true,
    () => false,
  );
  try {
    const isLate = await Promise.race([
      late,
      work.then(
        () => false,
        () => false,
      ),
    ]);
    if (!isLate) return await work;
  } finally {
    done.abort();
  }
  session.destroy();
  throw postgresErrors.make("postgres-unreachable", `the database did not answer for ${limit.timeoutMs} ms`);
}

export interface TimeLimit {
  readonly clock: Clock;
  readonly timeoutMs: number;
}
