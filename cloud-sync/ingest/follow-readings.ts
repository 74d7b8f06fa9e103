import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { SinkReader, StoredReading } from "./sink.ts";

export interface FollowOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Starts after this position: 0 for all there are, `sink.lastPosition()` for what comes from now on. */
  readonly afterPosition: number;
  readonly pollMs?: number;
}

const pollMsDefault = 250;
const pageReadings = 200;

/**
 * The readings of a sink in the order of their commit, and then each new one as it comes, until `signal` is aborted,
 * which ends it without an error. It asks again and again, so that it also follows a sink that another process writes.
 */
export async function* followReadings(sink: SinkReader, options: FollowOptions): AsyncGenerator<StoredReading, void> {
  const { clock, signal, pollMs = pollMsDefault } = options;
  let { afterPosition } = options;
  while (!signal.aborted) {
    const page = await sink.readings({ afterPosition, limit: pageReadings });
    for (const reading of page) {
      if (isAborted(signal)) return;
      afterPosition = reading.position;
      yield reading;
    }
    if (page.length < pageReadings) await clock.sleep(pollMs, signal).catch(() => undefined);
  }
}

/** Asked anew each time: whoever reads the feed may abort between two readings. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;
