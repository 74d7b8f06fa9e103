/** Time as a port. Tests move it by hand; the gateway reads the machine's. */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970-01-01T00:00:00Z. It may jump, either way, at any moment. */
  now(): number;
  /** Milliseconds since some fixed moment of this boot. It never goes back: all intervals and time-outs use it. */
  monotonicMs(): number;
  /**
   * Resolves after `durationMs` of monotonic time.
   * Rejects with the signal's reason as soon as the signal is aborted, also if it was before the call.
   */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** A seeded or a real source of chance: a number in [0, 1). */
export type Random = () => number;
