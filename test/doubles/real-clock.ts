import { setTimeout } from "node:timers/promises";
import type { Clock } from "../../device-drivers/ports/clock.ts";

/** The machine's own time, for tests whose subject is a real socket or a real process. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (durationMs, signal) => {
    signal?.throwIfAborted();
    await Promise.race([
      setTimeout(durationMs, undefined, { ref: true, ...(signal === undefined ? {} : { signal }) }),
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
    ]);
  },
};
