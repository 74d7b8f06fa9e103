import { receipt } from "../contract/delivery.ts";
import type { Receipt } from "../contract/delivery.ts";
import { parseJson } from "./parse-json.ts";
import type { Flight } from "./flight.ts";
import type { SeqRange, Settlement } from "./outbox.ts";

/** A receipt, or null for bytes that are none. */
export function readReceipt(payload: Uint8Array): Receipt | null {
  const parsed = receipt.safeParse(parseJson(payload, receiptBytesMax));
  return parsed.success ? parsed.data : null;
}

/**
 * Marks what a receipt says of a batch, and returns what to settle. Each position is settled once: a receipt that
 * comes twice, positions that overlap and positions that the batch does not have add nothing. Where lists contradict
 * each other, "rejected" counts: the reading is then kept here and at the ingestion end.
 */
export function applyReceipt(flight: Flight, said: Receipt): readonly Settlement[] {
  const { lane } = flight;
  const settlements: Settlement[] = [];
  for (const { position, code, reason } of said.rejected) {
    const seq = flight.seqs[position];
    if (seq === undefined || !answer(flight, position)) continue;
    settlements.push({ lane, fate: "rejected", seq, code, reason });
  }
  const delivered: SeqRange[] = [];
  for (const [from, through] of said.stored.concat(said.duplicate)) collectRuns(flight, [from, through], delivered);
  if (delivered.length > 0) settlements.push({ lane, fate: "delivered", seqs: delivered });
  return settlements;
}

/** Everything of the batch that no receipt has named counts as delivered. */
export function deliverAll(flight: Flight): Settlement {
  const delivered: SeqRange[] = [];
  collectRuns(flight, [0, flight.seqs.length - 1], delivered);
  return { lane: flight.lane, fate: "delivered", seqs: delivered };
}

/** A receipt for the largest batch, each reading rejected with the longest reason, is smaller. */
const receiptBytesMax = 524_288;

/** Adds a range for each run of positions that nobody has named before. */
function collectRuns(flight: Flight, [from, through]: SeqRange, runs: SeqRange[]): void {
  const last = Math.min(through, flight.seqs.length - 1);
  let start: number | null = null;
  for (let position = from; position <= last + 1; position += 1) {
    const seq = flight.seqs[position];
    const isNew = position <= last && answer(flight, position);
    if (isNew && start === null) start = seq ?? null;
    if (isNew || start === null) continue;
    runs.push([start, flight.seqs[position - 1] ?? start]);
    start = null;
  }
}

/** False if the position was named before. */
function answer(flight: Flight, position: number): boolean {
  if (flight.answered[position] !== 0) return false;
  flight.answered[position] = 1;
  flight.openCount -= 1;
  return true;
}
