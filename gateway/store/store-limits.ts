import { commitLimits, type CommitLimits } from "../../cloud-sync/sqlite/commit-thread.ts";
import { databaseLimits, type DatabaseLimits } from "../../cloud-sync/sqlite/database-limits.ts";

/** The bounds of the store. Beside the file come its WAL and a ballast of twice the WAL's limit. */
export interface StoreLimits extends DatabaseLimits, CommitLimits {
  /** How long readings stay after the sink has them, for the trend that a customer sees. */
  readonly retentionDays: number;
  /** How long diagnostics are safe when space runs short. */
  readonly quarantineDays: number;
  /**
   * What happens when nothing delivered is left to prune. `refuse`: no reading is taken any more, and the devices keep
   * theirs. `drop-oldest-unsent`: the oldest unsent goes, and a tombstone is delivered for it.
   */
  readonly whenFull: "refuse" | "drop-oldest-unsent";
}

export const storeLimits: StoreLimits = {
  ...databaseLimits,
  ...commitLimits,
  retentionDays: 90,
  quarantineDays: 30,
  whenFull: "refuse",
};
