import type { Clock } from "../../device-drivers/ports/clock.ts";

export interface Bound {
  readonly clock: Clock;
  readonly durationMs: number;
  readonly signal: AbortSignal;
  /** Why it is too late then. */
  readonly late: () => Error;
}

/** The work, whose signal is aborted when it is too late, or when `signal` is. What it does then is up to the work. */
export async function within<T>(bound: Bound, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const done = new AbortController();
  bound.clock.sleep(bound.durationMs, done.signal).then(
    () => limit.abort(bound.late()),
    () => undefined,
  );
  try {
    return await work(AbortSignal.any([bound.signal, limit.signal]));
  } finally {
    done.abort();
  }
}
