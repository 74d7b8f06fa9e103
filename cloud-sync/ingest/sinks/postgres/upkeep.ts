import type { Clock } from "../../../../device-drivers/ports/clock.ts";
import { openPrimary } from "./choose-server.ts";
import { inTime } from "./in-time.ts";
import type { PostgresAccess, Session } from "./session.ts";

/**
 * By this the sessions are known that change the schema. A feed waits for whoever writes, because a reading that comes
 * in before what it would show must not be passed over; whoever changes the schema gives no reading a place, may take
 * long and waits for others, so no feed waits for them.
 */
const upkeepName = "carepost-upkeep";

export interface UpkeepOptions extends PostgresAccess {
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
}

/**
 * Does this work, at most for `upkeepTimeoutMs`, on a session of its own with the primary. After the signal it has
 * `upkeepGraceMs` left: what it has not committed by then the server undoes. Rejects with `postgresErrors`.
 */
export async function keepUp(
  options: UpkeepOptions,
  work: (session: Session) => Promise<unknown>,
  signal?: AbortSignal,
): Promise<void> {
  const { clock } = options;
  const session = await openPrimary({ ...options, applicationName: upkeepName });
  const done = new AbortController();
  const endSoon = (): void => {
    void clock.sleep(upkeepGraceMs, done.signal).then(
      () => session.destroy(),
      () => undefined,
    );
  };
  signal?.addEventListener("abort", endSoon, { once: true });
  if (signal?.aborted === true) endSoon();
  try {
    await inTime(session, work(session), { clock, timeoutMs: upkeepTimeoutMs });
  } finally {
    signal?.removeEventListener("abort", endSoon);
    done.abort();
    await session.close();
  }
}

const upkeepTimeoutMs = 120_000;
const upkeepGraceMs = 2_000;
