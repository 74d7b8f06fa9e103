import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import { between } from "../random.ts";
import type { Rhythm } from "./scenario.ts";

export interface RhythmPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly utcOffsetMin: number;
}

/** Calls `beat` at each moment of the rhythm, until the signal is aborted, which rejects with its reason. */
export async function keepRhythm(
  rhythm: Rhythm,
  ports: RhythmPorts,
  { beat, signal }: { readonly beat: () => void; readonly signal: AbortSignal },
): Promise<void> {
  const waits = rhythm.every === undefined ? timesOfDay(rhythm, ports) : intervals(rhythm, ports);
  for (const waitMs of waits) {
    await ports.clock.sleep(waitMs, signal);
    beat();
  }
}

function* intervals({ every = 1_000, first, jitter }: Rhythm, { random }: RhythmPorts): Generator<number> {
  yield first ?? between(random, 0, every);
  for (;;) yield Math.max(1, every + jittered(random, jitter));
}

/** How long to wait from one time of the day to the next, judged anew each time by the wall clock. */
function* timesOfDay({ at = [], jitter }: Rhythm, { clock, random, utcOffsetMin }: RhythmPorts): Generator<number> {
  const localNow = (): number => clock.now() + utcOffsetMin * 60_000;
  const minutes = at.toSorted((left, right) => left - right);
  const startOfToday = localNow() - (localNow() % dayMs);
  for (let day = startOfToday; ; day += dayMs) {
    for (const minute of minutes) {
      const waitMs = day + minute * 60_000 + jittered(random, jitter) - localNow();
      if (waitMs > 0) yield waitMs;
    }
  }
}

const jittered = (random: Random, jitterMs: number): number =>
  jitterMs === 0 ? 0 : between(random, -jitterMs, jitterMs);
const dayMs = 86_400_000;
