import type { AttemptHistory, Piece } from "./flight.ts";

/**
 * What to do with entries that failed: send them again, send them in halves until the one that is at fault is alone,
 * or, when that one has failed often enough, give it up to the dead letters. Pure.
 *
 * A failure counts against a reading only where it has a witness, which is something else that was delivered
 * meanwhile: while nothing is delivered at all, nobody is to blame, and no reading is given up however long it takes.
 */
export function judgeFailure(failed: Omit<Piece, "dueMs">, kind: FailureKind, circumstances: Circumstances): Verdict {
  const { history, seqs } = failed;
  const { deadLetterAfter, random } = circumstances;
  // How large a packet may be is a rule of the broker's, and needs no witness.
  const isWitnessed = kind === "packet-too-large" || circumstances.isWitnessed;
  const failures = history.failures + 1;
  const witnessed = history.witnessed + (isWitnessed ? 1 : 0);
  const next: AttemptHistory = { failures, witnessed, losses: history.losses, since: circumstances.sent };
  if (seqs.length === 1 && witnessed >= deadLetterAfter) return { type: "give-up", code: giveUpCodes[kind] };
  const delayMs = resendDelayMs(failures, random);
  if (seqs.length > 1 && isTimeToSplit(kind, next, circumstances)) {
    const half: AttemptHistory = { ...next, failures: 1, witnessed: Math.min(1, witnessed) };
    const middle = Math.ceil(seqs.length / 2);
    const halves = [seqs.subarray(0, middle), seqs.subarray(middle)];
    return {
      type: "resend",
      delayMs: witnessed > 0 ? 0 : delayMs,
      parts: halves.map((part) => ({ seqs: part, history: half })),
    };
  }
  return { type: "resend", delayMs, parts: [{ seqs, history: next }] };
}

/** How a batch failed by itself. A connection that is lost under many batches is nobody's failure. */
export type FailureKind = "no-receipt" | "publish-refused" | "packet-too-large" | "ended-connection";

export interface Circumstances {
  /** Was something delivered that was sent after the last failure, or after the first try? */
  readonly isWitnessed: boolean;
  /** How many batches were sent so far. */
  readonly sent: number;
  /** How many witnessed failures a single reading is given. */
  readonly deadLetterAfter: number;
  /** May a batch be split that failed without a witness? Otherwise an outage would turn all batches into crumbs. */
  readonly maySplitUnwitnessed: boolean;
  readonly random: () => number;
}

export type Verdict =
  | {
      readonly type: "resend";
      readonly delayMs: number;
      readonly parts: readonly { readonly seqs: Float64Array; readonly history: AttemptHistory }[];
    }
  | { readonly type: "give-up"; readonly code: string };

const giveUpCodes = {
  "no-receipt": "reading-unanswered",
  "publish-refused": "publish-refused",
  "packet-too-large": "packet-too-large",
  "ended-connection": "reading-breaks-connection",
} as const satisfies Readonly<Record<FailureKind, string>>;

function isTimeToSplit(kind: FailureKind, history: AttemptHistory, circumstances: Circumstances): boolean {
  if (kind === "packet-too-large") return true;
  // Once may be chance: a receipt gets lost, an ingestor restarts.
  if (history.witnessed > 0) return history.failures >= 2;
  return history.failures >= 3 && circumstances.maySplitUnwitnessed;
}

/** Doubles from one second to five minutes; half of it is chance, so that pieces which failed together part. */
function resendDelayMs(failures: number, random: () => number): number {
  const bound = Math.min(resendDelayMaxMs, resendDelayFirstMs * 2 ** Math.min(failures - 1, 20));
  return bound * (0.5 + random() / 2);
}

const resendDelayFirstMs = 1_000;
const resendDelayMaxMs = 300_000;
