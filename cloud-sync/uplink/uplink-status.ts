import type { DeliveryCounts } from "./delivery.ts";

/** How delivery is, for the health page, the doctor and the demo. */
export interface UplinkStatus {
  /** Null while there is none. */
  readonly connection: { readonly protocol: "5" | "3.1.1"; readonly since: number } | null;
  /** The last attempt that failed, by its error's code. */
  readonly lastFailure: { readonly code: string; readonly at: number } | null;
  /** Null while connected or connecting. */
  readonly nextAttemptInMs: number | null;
  /** Sent, and not yet named by a receipt. */
  readonly underWay: { readonly batches: number; readonly readings: number; readonly bytes: number };
  readonly toResend: { readonly pieces: number; readonly readings: number };
  /** Since the program started. A reading that was sent twice and receipted twice counts twice. */
  readonly counts: Readonly<DeliveryCounts>;
}
