import type { Reading } from "../../../cloud-sync/contract/reading.ts";
import type { NewReading, Store } from "../../../gateway/store/store.ts";
import { glucose } from "../../cloud-sync/ingest/sample-readings.ts";

export const testKey = new Uint8Array(32).fill(7);

/** A reading of a number, ready to be added. */
export function entry(number: number, changes: Partial<NewReading> = {}): NewReading {
  return {
    reading: glucose(number),
    lane: "fresh",
    disposition: "deliver",
    bootId: "boot-1",
    receivedMonotonicMs: number,
    ...changes,
  };
}

export const entryOf = (reading: Reading, changes: Partial<NewReading> = {}): NewReading =>
  entry(0, { reading, ...changes });

/** The numbers of all entries that wait in a lane, in their order. */
export async function waitingIn(store: Store, lane: NewReading["lane"] = "fresh"): Promise<readonly number[]> {
  const readings = await outgoing(store, lane);
  return readings.map(({ sequenceNumber }) => sequenceNumber ?? 0);
}

/** All readings that wait in a lane, as they would be sent. */
export async function outgoing(store: Store, lane: NewReading["lane"] = "fresh"): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  for (let afterSeq = 0; ;) {
    const page = await store.page({ lane, afterSeq, readingsMax: 500, bytesMax: 60_000 });
    if (page === null) return readings;
    const batch: Reading[] = JSON.parse(`[${Buffer.from(page.body).toString()}]`);
    readings.push(...batch);
    afterSeq = page.seqs.at(-1) ?? 0;
  }
}

/** Settles all that waits in a lane as delivered. */
export async function deliverAll(store: Store, lane: NewReading["lane"] = "fresh"): Promise<void> {
  await store.settle([{ lane, fate: "delivered", seqs: [[0, Number.MAX_SAFE_INTEGER]] }]);
}

/** A seed of numbers, added a group at a time. */
export async function addMany(store: Store, from: number, through: number): Promise<void> {
  const numbers = Array.from({ length: through - from + 1 }, (_, index) => from + index);
  for (let start = 0; start < numbers.length; start += 100) {
    await Promise.all(numbers.slice(start, start + 100).map((number) => store.add(entry(number))));
  }
}
