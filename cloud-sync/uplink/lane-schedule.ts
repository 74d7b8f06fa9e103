import type { Lane } from "./outbox.ts";

/**
 * Which lane sends next: urgent before fresh before backfill. So that history never starves, backfill earns a share of
 * every reading that the others send while it waits, and goes first when it is owed.
 */
export class LaneSchedule {
  #sharePercent: number;
  /** Readings that backfill is owed; below zero, what it has had beyond its share. */
  #owed = 0;

  /** @param sharePercent what backfill gets of the readings while others wait too, 1 to 90 */
  constructor(sharePercent: number) {
    this.#sharePercent = sharePercent;
  }

  setShare(percent: number): void {
    this.#sharePercent = percent;
  }

  /** The lane to send from; null if none has work. */
  next(hasWork: (lane: Lane) => boolean): Lane | null {
    const backfillWaits = hasWork("backfill");
    if (backfillWaits && this.#owed >= 1) return "backfill";
    if (hasWork("urgent")) return "urgent";
    if (hasWork("fresh")) return "fresh";
    return backfillWaits ? "backfill" : null;
  }

  /** @param contested did another lane wait too? Only then does anybody owe anything. */
  sent(lane: Lane, readings: number, contested: boolean): void {
    if (!contested) return;
    const earned = (readings * this.#sharePercent) / (100 - this.#sharePercent);
    this.#owed += lane === "backfill" ? -readings : earned;
    this.#owed = Math.max(-owedReadingsMax, Math.min(owedReadingsMax, this.#owed));
  }
}

/** A debt is forgotten beyond this, so that a long quiet does not decide about a busy hour. */
const owedReadingsMax = 5_000;
