import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";

/**
 * Names the span of time in which `systemClock.monotonicMs()` counts from one zero: the machine's boot on Linux, else
 * this process.
 */
export function bootId(): string {
  try {
    const text = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return /^[0-9a-f-]{36}$/.test(text) ? text : randomUUID();
  } catch {
    return randomUUID();
  }
}
