import type { Clock } from "../../device-drivers/ports/clock.ts";

/** Sleeps; ends early, without an error, when the signal is aborted. */
export async function pause(clock: Clock, durationMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await clock.sleep(durationMs, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
