import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";

/**
 * Counts what was refused, by reason, and tells the log: of each reason one line in a while, with how often, so that
 * whoever is refused a thousand times a second cannot fill the disk with it.
 */
export interface Refusals<Reason extends string> {
  /** `gateway` only if the peer's identity is established. */
  add(reason: Reason, gateway?: string): void;
  counts(): Readonly<Partial<Record<Reason, number>>>;
}

const logIntervalMs = 10_000;

/** @param onRefusal told of each, beside the log */
export function countRefusals<Reason extends string>(
  clock: Clock,
  log: Log,
  onRefusal?: (reason: Reason, gateway?: string) => void,
): Refusals<Reason> {
  const tallies = new Map<Reason, { count: number; logged: number; loggedAtMs: number }>();
  return {
    add(reason, gateway) {
      onRefusal?.(reason, gateway);
      const nowMs = clock.monotonicMs();
      const tally = tallies.get(reason) ?? { count: 0, logged: 0, loggedAtMs: Number.NEGATIVE_INFINITY };
      tallies.set(reason, tally);
      tally.count += 1;
      if (nowMs - tally.loggedAtMs < logIntervalMs) return;
      log.warn("broker-refused", { reason, rejected: tally.count - tally.logged, gateway: gateway ?? null });
      tally.logged = tally.count;
      tally.loggedAtMs = nowMs;
    },
    counts() {
      const counts: Partial<Record<Reason, number>> = {};
      for (const [reason, { count }] of tallies) counts[reason] = count;
      return counts;
    },
  };
}
