import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Moment } from "../people/measuring.ts";
import type { Scenario } from "./scenario.ts";

/**
 * Where people are in their days. Their days may pass faster than the world's, so that a demonstration sees mornings and
 * meals within minutes; devices keep the world's time, because a reading from next week would be no reading.
 */
export class PersonTime {
  readonly #clock: Clock;
  readonly #speed: number;
  readonly #startMin: number;
  readonly #startedMs: number;

  constructor(clock: Clock, { peopleSpeed, peopleStart, utcOffsetMin }: Scenario) {
    const localMin = Math.floor(clock.now() / 60_000) + utcOffsetMin;
    this.#clock = clock;
    this.#speed = peopleSpeed;
    this.#startMin = peopleStart === undefined ? localMin : localMin - (localMin % dayMin) + peopleStart;
    this.#startedMs = clock.monotonicMs();
  }

  /** Now, or so many of people's own minutes ago. */
  moment(agoMin = 0): Moment {
    const elapsedMin = ((this.#clock.monotonicMs() - this.#startedMs) * this.#speed) / 60_000;
    const minute = Math.floor(this.#startMin + elapsedMin - agoMin);
    return { day: Math.floor(minute / dayMin), minute: minute % dayMin };
  }
}

const dayMin = 1_440;
