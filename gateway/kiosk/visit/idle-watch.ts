import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { VisitOptions } from "./visit-options.ts";

/** Whether anybody is still there: it warns after a while, and never ends a visit without having warned. */
export class IdleWatch {
  readonly #clock: Clock;
  readonly #options: Pick<VisitOptions, "idleWarnMs" | "busyWarnMs" | "idleEndMs" | "takeoverMs">;
  #touchedMs: number;
  #warnedMs: number | null = null;

  constructor(clock: Clock, options: Pick<VisitOptions, "idleWarnMs" | "busyWarnMs" | "idleEndMs" | "takeoverMs">) {
    this.#clock = clock;
    this.#options = options;
    this.#touchedMs = clock.monotonicMs();
  }

  touch(): void {
    this.#touchedMs = this.#clock.monotonicMs();
    this.#warnedMs = null;
  }

  /** @param isDeviceAtWork both hands are with a device, which takes its time */
  look(isDeviceAtWork: boolean): "fine" | "warn" | "end" {
    const { idleWarnMs, busyWarnMs, idleEndMs } = this.#options;
    const nowMs = this.#clock.monotonicMs();
    const limitMs = isDeviceAtWork ? busyWarnMs : idleWarnMs;
    if (this.#warnedMs === null && nowMs - this.#touchedMs < limitMs) return "fine";
    this.#warnedMs ??= nowMs;
    return nowMs - this.#warnedMs >= idleEndMs ? "end" : "warn";
  }

  /** Null before the warning. */
  endsInMs(): number | null {
    if (this.#warnedMs === null) return null;
    return Math.max(0, Math.round(this.#warnedMs + this.#options.idleEndMs - this.#clock.monotonicMs()));
  }

  isLeft(isDeviceAtWork: boolean): boolean {
    if (this.#warnedMs !== null) return true;
    return !isDeviceAtWork && this.#clock.monotonicMs() - this.#touchedMs >= this.#options.takeoverMs;
  }
}
