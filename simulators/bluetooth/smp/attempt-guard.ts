import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { keyOf } from "./bond-store.ts";
import { smpReasons } from "./smp-pdu.ts";
import type { SmpAddress } from "./toolbox.ts";

/** So many failures in a row are a person who mistypes. */
const freeFailures = 3;
const firstWaitMs = 5_000;
const waitMsMax = 60_000;
const peersMax = 16;

/** Makes whoever guesses passkeys wait, each time twice as long (Core Vol 3 Part H 2.3.6). One for each device. */
export class AttemptGuard {
  readonly #clock: Clock;
  readonly #failures = new Map<string, { readonly count: number; readonly untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isWaiting(peer: SmpAddress): boolean {
    const failures = this.#failures.get(keyOf(peer));
    return failures !== undefined && this.#clock.monotonicMs() < failures.untilMs;
  }

  failed(peer: SmpAddress, reason: number | null): void {
    // To be told to wait is no attempt.
    if (reason === smpReasons.repeatedAttempts) return;
    const count = (this.#failures.get(keyOf(peer))?.count ?? 0) + 1;
    const waitMs = count < freeFailures ? 0 : Math.min(waitMsMax, firstWaitMs * 2 ** (count - freeFailures));
    this.#failures.delete(keyOf(peer));
    this.#failures.set(keyOf(peer), { count, untilMs: this.#clock.monotonicMs() + waitMs });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > peersMax && oldest !== undefined) this.#failures.delete(oldest);
  }

  succeeded(peer: SmpAddress): void {
    this.#failures.delete(keyOf(peer));
  }
}
