import type { Clock } from "../../device-drivers/ports/clock.ts";

/**
 * After several failures in a row, attempts under this key are not looked at for a while, twice as long each time, and in
 * the end, where there is one, never again.
 */
export interface LockOut {
  isLocked(key: string): boolean;
  failed(key: string): void;
  succeeded(key: string): void;
  /** Failures by key, for whoever keeps them over a restart. */
  tallies(): Readonly<Record<string, number>>;
}

export interface LockOutLimits {
  readonly failuresMax: number;
  /** Beyond it the key that failed longest ago is forgotten. */
  readonly keysMax: number;
  readonly firstLockMs?: number;
  readonly lockMsMax?: number;
  /** After so many the key stays locked. */
  readonly failuresFinal?: number;
  /** A success forgives half of the failures, not all: for who can wait for others to succeed in between. */
  readonly forgivesHalf?: boolean;
}

/** `earlier`: failures of before a restart. Their locks begin anew. */
export function createLockOut(
  clock: Clock,
  limits: LockOutLimits,
  earlier: Readonly<Record<string, number>> = {},
): LockOut {
  const { failuresMax, keysMax, firstLockMs = 30_000, lockMsMax = 3_600_000 } = limits;
  const { failuresFinal = Number.POSITIVE_INFINITY, forgivesHalf = false } = limits;
  const tallies = new Map<string, { readonly failures: number; readonly lockedUntilMs: number }>();

  const keep = (key: string, failures: number): void => {
    const waitMs = failures < failuresMax ? 0 : Math.min(lockMsMax, firstLockMs * 2 ** (failures - failuresMax));
    const lockMs = failures < failuresFinal ? waitMs : Number.POSITIVE_INFINITY;
    tallies.delete(key);
    const [oldest] = tallies.keys();
    if (tallies.size >= keysMax && oldest !== undefined) tallies.delete(oldest);
    tallies.set(key, { failures, lockedUntilMs: clock.monotonicMs() + lockMs });
  };
  for (const [key, failures] of Object.entries(earlier)) keep(key, failures);

  return {
    isLocked: (key) => (tallies.get(key)?.lockedUntilMs ?? 0) > clock.monotonicMs(),
    failed: (key) => keep(key, (tallies.get(key)?.failures ?? 0) + 1),
    succeeded(key) {
      const failures = forgivesHalf ? Math.floor((tallies.get(key)?.failures ?? 0) / 2) : 0;
      tallies.delete(key);
      if (failures > 0) tallies.set(key, { failures, lockedUntilMs: 0 });
    },
    tallies: () => Object.fromEntries([...tallies].map(([key, { failures }]) => [key, failures])),
  };
}
