import { openEnvelope } from "../contract/cloud-event.ts";
import { eventReceipt, receipt } from "../contract/delivery.ts";
import type { EventReceipt, Receipt } from "../contract/delivery.ts";
import { parseJson } from "./parse-json.ts";
import type { Flight } from "./flight.ts";
import type { SeqRange, Settlement } from "./outbox.ts";

/** A receipt in either form, or null for bytes that are none. */
export function readReceipt(payload: Uint8Array): Receipt | null {
  const opened = openEnvelope(parseJson(payload, receiptBytesMax), { kind: "receipts" });
  return opened.ok ? (receipt.safeParse(opened.value.data).data ?? null) : null;
}

/** A receipt for events in either form, or null for bytes that are none. */
export function readEventReceipt(payload: Uint8Array): EventReceipt | null {
  const opened = openEnvelope(parseJson(payload, eventReceiptBytesMax), { kind: "receipts" });
  return opened.ok ? (eventReceipt.safeParse(opened.value.data).data ?? null) : null;
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
  const delivered = deliver(flight, said.stored.concat(said.duplicate));
  if (delivered.length > 0) settlements.push({ lane, fate: "delivered", seqs: delivered });
  return settlements;
}

/** Everything of the batch that no receipt has named counts as delivered. */
export function deliverAll(flight: Flight): Settlement {
  return { lane: flight.lane, fate: "delivered", seqs: deliver(flight, [[0, flight.seqs.length - 1]]) };
}

/** A receipt for the largest batch, each reading rejected with the longest reason, is smaller. */
const receiptBytesMax = 524_288;
const eventReceiptBytesMax = 8_192;

/** A range of sequence numbers for each run of neighbours in the batch that nobody has named before. */
function deliver(flight: Flight, positions: readonly SeqRange[]): readonly SeqRange[] {
  const { seqs } = flight;
  const isNew = new Uint8Array(seqs.length);
  for (const [from, through] of positions) {
    for (let position = from; position <= Math.min(through, seqs.length - 1); position += 1) {
      if (answer(flight, position)) isNew[position] = 1;
    }
  }
  const runs: SeqRange[] = [];
  for (let from = isNew.indexOf(1); from >= 0;) {
    const end = isNew.indexOf(0, from);
    const through = end < 0 ? seqs.length - 1 : end - 1;
    runs.push([seqs[from] ?? 0, seqs[through] ?? 0]);
    from = isNew.indexOf(1, through + 1);
  }
  return runs;
}

/** False if the position was named before. */
function answer(flight: Flight, position: number): boolean {
  if (flight.answered[position] !== 0) return false;
  flight.answered[position] = 1;
  flight.openCount -= 1;
  return true;
}
