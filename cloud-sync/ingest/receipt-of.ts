import type { Receipt } from "../contract/delivery.ts";
import type { CommitOutcome } from "./sink.ts";
import { reasonCharsMax, type Rejection } from "./rejection.ts";

/** What became of one position of a batch. */
export type Fate = CommitOutcome | Rejection;

/** A receipt stays below this, so that a broker which bears a batch bears its receipt too. */
const receiptBytesMax = 61_440;
/** What an entry of `rejected` takes beside its reason: names, punctuation, a position and the longest code. */
const rejectedEntryBytes = 96;

/** Writes the receipt of a batch: one fate for each position, from 0. */
export function receiptOf(batch: string, fates: readonly Fate[], at: number): Receipt {
  const wrong = [...fates.entries()].flatMap(([position, fate]) =>
    typeof fate === "string" ? [] : [{ position, fate }],
  );
  const reasonChars = Math.min(reasonCharsMax, reasonCharsFor(wrong.length));
  return {
    v: 1,
    batch,
    stored: positionsOf(fates, "stored"),
    duplicate: positionsOf(fates, "duplicate"),
    rejected: wrong.map(({ position, fate: { code, reason } }) => ({
      position,
      code,
      reason: reason.slice(0, reasonChars),
    })),
    at,
  };
}

const reasonCharsFor = (rejected: number): number =>
  rejected === 0 ? reasonCharsMax : Math.max(16, Math.floor(receiptBytesMax / rejected) - rejectedEntryBytes);

/** The runs of positions that have this fate. */
function positionsOf(fates: readonly Fate[], wanted: CommitOutcome): [number, number][] {
  const ranges: [number, number][] = [];
  for (const [position, fate] of fates.entries()) {
    if (fate !== wanted) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === position - 1) last[1] = position;
    else ranges.push([position, position]);
  }
  return ranges;
}
