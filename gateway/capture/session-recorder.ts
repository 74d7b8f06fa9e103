import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { SessionStep } from "../../device-drivers/ports/session-fixture.ts";

export interface RecorderBounds {
  readonly stepsMax: number;
  /** Of all values together, as octets. */
  readonly valueOctetsMax: number;
}

/** A step whose outcome is not known when it begins. */
export interface OpenStep {
  /** Adds what came of it. Nothing is added once the recorder is full. */
  ends(outcome: Pick<SessionStep, "hex" | "att_error" | "failed">): void;
}

/** The steps of one session in the order in which they began, with their times. Bounded: what is over is not kept. */
export class SessionRecorder {
  readonly #clock: Clock;
  readonly #bounds: RecorderBounds;
  readonly #full = new AbortController();
  #steps: SessionStep[] = [];
  #octets = 0;
  #startedMs: number;

  constructor(clock: Clock, bounds: RecorderBounds) {
    this.#clock = clock;
    this.#bounds = bounds;
    this.#startedMs = clock.monotonicMs();
  }

  /** Aborted when there is no room for more. */
  get full(): AbortSignal {
    return this.#full.signal;
  }

  get steps(): readonly SessionStep[] {
    return this.#steps;
  }

  /** The link was made: times count from now, and what was recorded of an earlier link is dropped. */
  restart(): void {
    this.#startedMs = this.#clock.monotonicMs();
    this.#steps = [];
    this.#octets = 0;
  }

  begin(step: Omit<SessionStep, "at_ms">): OpenStep {
    const timed: SessionStep = { ...step, at_ms: Math.round(this.#clock.monotonicMs() - this.#startedMs) };
    const index = this.#steps.length;
    if (!this.#takes(step.hex)) return { ends: () => undefined };
    this.#steps.push(timed);
    return {
      ends: (outcome) => {
        if (this.#takes(outcome.hex) && index < this.#steps.length) this.#steps[index] = { ...timed, ...outcome };
      },
    };
  }

  #takes(hex: string | undefined): boolean {
    if (this.#full.signal.aborted) return false;
    this.#octets += (hex?.length ?? 0) / 2;
    const { stepsMax, valueOctetsMax } = this.#bounds;
    if (this.#steps.length < stepsMax && this.#octets <= valueOctetsMax) return true;
    this.#full.abort();
    return false;
  }
}
