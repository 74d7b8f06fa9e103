import { setTimeout } from "node:timers/promises";
import type { Delivery, Sink } from "../../../../../cloud-sync/ingest/sink.ts";
import { ingestErrors } from "../../../../../cloud-sync/ingest/ingest-error.ts";
import { glucose } from "../../sample-readings.ts";

/** So many deliveries of one gateway, each of a reading of its own. */
export const someOf = (from: number, count: number): readonly Delivery[] =>
  Array.from({ length: count }, (_, n) => ({ gateway: "gw-1", reading: glucose(from + n) }));

/** All rows, and how many of them have an id of their own. */
export const rowsSql = "SELECT count(*), count(DISTINCT id) FROM carepost.readings";

/**
 * Commits batches of 200 as gateways do, two at a time, until it is told to stop: what is not acknowledged is sent
 * again. Returns how many readings were acknowledged.
 */
export async function runLoad(sink: Sink, signal: AbortSignal): Promise<number> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (!signal.aborted) {
      const batch = someOf(next++ * 200, 200);
      while (!(await commitsAtLast(sink, batch))) await setTimeout(20);
    }
  };
  await Promise.all([lane(), lane()]);
  return next * 200;
}

export async function commitsAtLast(sink: Sink, batch: readonly Delivery[]): Promise<boolean> {
  try {
    await sink.commit(batch);
    return true;
  } catch (error) {
    if (ingestErrors.is(error, "sink-unavailable")) return false;
    throw error;
  }
}
