import type { Clock } from "../../../device-drivers/ports/clock.ts";

/** After several failures in a row, attempts under this key are not looked at for a while, twice as long each time. */
export interface LockOut {
  isLocked(key: string): boolean;
  failed(key: string): void;
  succeeded(key: string): void;
}

export interface LockOutLimits {
  readonly failuresMax: number;
  /** Beyond it the key that failed longest ago is forgotten. */
  readonly keysMax: number;
}

const firstLockMs = 30_000;
const lockMsMax = 3_600_000;

export function createLockOut(clock: Clock, { failuresMax, keysMax }: LockOutLimits): LockOut {
  const tallies = new Map<string, { failures: number; lockedUntilMs: number }>();
  return {
    isLocked: (key) => (tallies.get(key)?.lockedUntilMs ?? 0) > clock.monotonicMs(),
    failed(key) {
      const failures = (tallies.get(key)?.failures ?? 0) + 1;
      const lockMs = failures < failuresMax ? 0 : Math.min(lockMsMax, firstLockMs * 2 ** (failures - failuresMax));
      tallies.delete(key);
      const [oldest] = tallies.keys();
      if (tallies.size >= keysMax && oldest !== undefined) tallies.delete(oldest);
      tallies.set(key, { failures, lockedUntilMs: clock.monotonicMs() + lockMs });
    },
    succeeded: (key) => void tallies.delete(key),
  };
}
