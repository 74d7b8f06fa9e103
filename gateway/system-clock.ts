import { setTimeout as timeout } from "node:timers/promises";
import type { Clock } from "../device-drivers/ports/clock.ts";

/** The longest that a timer of Node's can wait. */
const timerMsMax = 2_147_483_647;

/**
 * The machine's clocks. On Linux `monotonicMs` counts from the boot of the machine, so it goes on across restarts of
 * the program; elsewhere it counts from some moment before its start.
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
  sleep: async (durationMs, signal) => {
    signal?.throwIfAborted();
    const options = signal === undefined ? {} : { signal };
    try {
      for (let restMs = Math.max(0, durationMs); ; restMs -= timerMsMax) {
        await timeout(Math.min(restMs, timerMsMax), undefined, options);
        if (restMs <= timerMsMax) return;
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};
