import type { Piece } from "./flight.ts";
import type { Lane } from "./outbox.ts";

/** What has to be sent again, and when. It holds sequence numbers only: the bytes are read again from the outbox. */
export class ResendQueue {
  /** Oldest first within a lane, as far as they were added so. */
  #pieces: Piece[] = [];
  #readings = 0;

  /** How often a connection may end under a piece before it is sent alone. */
  readonly #suspectLosses: number;

  constructor(suspectLosses: number) {
    this.#suspectLosses = suspectLosses;
  }

  get pieces(): number {
    return this.#pieces.length;
  }

  get readings(): number {
    return this.#readings;
  }

  add(piece: Piece): void {
    if (piece.seqs.length === 0) return;
    this.#pieces.push(piece);
    this.#readings += piece.seqs.length;
  }

  /** Is a piece suspected of ending connections? It is then sent with nothing else on the way. */
  isSuspect(piece: Piece): boolean {
    return piece.history.losses >= this.#suspectLosses;
  }

  hasDue(nowMs: number, lane: Lane): boolean {
    return this.#pieces.some((piece) => piece.lane === lane && piece.dueMs <= nowMs);
  }

  hasSuspectDue(nowMs: number): boolean {
    return this.#pieces.some((piece) => piece.dueMs <= nowMs && this.isSuspect(piece));
  }

  /** Takes the next piece of a lane that is due, or the next suspect of any lane. */
  take(nowMs: number, wanted: Lane | "suspect"): Piece | null {
    const index = this.#pieces.findIndex(
      (piece) => piece.dueMs <= nowMs && (wanted === "suspect" ? this.isSuspect(piece) : piece.lane === wanted),
    );
    const [piece] = index < 0 ? [] : this.#pieces.splice(index, 1);
    if (piece === undefined) return null;
    this.#readings -= piece.seqs.length;
    return piece;
  }

  /** Puts a piece back where it was taken from. */
  putBack(piece: Piece): void {
    this.#pieces.unshift(piece);
    this.#readings += piece.seqs.length;
  }

  nextDueMs(): number | null {
    let next: number | null = null;
    for (const { dueMs } of this.#pieces) next = next === null ? dueMs : Math.min(next, dueMs);
    return next;
  }

  /** The ingestion end answers again: whoever waits without having failed by itself need not wait longer. */
  releaseUnwitnessed(nowMs: number): void {
    this.#pieces = this.#pieces.map((piece) =>
      piece.dueMs > nowMs && piece.history.witnessed === 0 ? { ...piece, dueMs: nowMs } : piece,
    );
  }
}
