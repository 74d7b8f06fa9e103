import type { Clock, Random } from "../../../device-drivers/ports/clock.ts";
import type { AdvertisingEvent } from "./advertising-event.ts";

/** What a controller asks of the room that it is in. */
export interface Room {
  readonly clock: Clock;
  /** How long it takes a packet to cross the room. */
  readonly latencyMs: number;
  /** The clock's milliseconds that so many milliseconds on the air take: fewer, where the room is sped up. */
  airMs(durationMs: number): number;
  /** Monotonic time on the air. */
  airNowMs(): number;
  /** A source of chance of its own for each purpose. */
  random(...labels: readonly (string | number)[]): Random;
  /** Everybody else who is within reach hears it. */
  advertise(event: AdvertisingEvent): void;
}
