import type { ObservedBatch, ObservedCommit } from "../ingest-observer.ts";
import type { Percentiles, TrafficAnswer } from "./fleet-api.ts";

/** How much flows and how fast, for the page: sixty minutes of rates, and the latest latencies. A few kibibytes. */
export interface Traffic {
  hearBatch(batch: ObservedBatch, at: number): void;
  hearCommit(commit: ObservedCommit): void;
  answer(at: number): TrafficAnswer;
}

const minutesKept = 60;
const samplesKept = 1_024;
const minuteMs = 60_000;

export function createTraffic(): Traffic {
  const minutes = new Float64Array(minutesKept);
  const totals = { stored: 0, duplicates: 0, rejected: 0, batches: 0 };
  const receipts = new LatestSamples();
  const commits = new LatestSamples();
  let current = 0;

  const turn = (at: number): void => {
    const minute = Math.floor(at / minuteMs);
    // A wall clock that was set back goes on in the minute that it was in.
    if (minute <= current) return;
    for (let empty = Math.max(current + 1, minute - minutesKept + 1); empty <= minute; empty += 1) {
      minutes[empty % minutesKept] = 0;
    }
    current = minute;
  };

  return {
    hearBatch({ stored, duplicates, rejected, outcome, durationMs }, at) {
      if (outcome === "failed") return;
      turn(at);
      minutes[current % minutesKept] = (minutes[current % minutesKept] ?? 0) + stored;
      totals.stored += stored;
      totals.duplicates += duplicates;
      totals.rejected += rejected;
      totals.batches += 1;
      receipts.add(durationMs);
    },
    hearCommit({ durationMs, isDone }) {
      if (isDone) commits.add(durationMs);
    },
    answer(at) {
      turn(at);
      const storedPerMinute = Array.from(
        { length: minutesKept },
        (_, index) => minutes[(current + 1 + index) % minutesKept] ?? 0,
      );
      return {
        storedPerMinute,
        totals: { ...totals },
        receiptMs: receipts.percentiles(),
        commitMs: commits.percentiles(),
      };
    },
  };
}

class LatestSamples {
  readonly #samples = new Float64Array(samplesKept);
  #count = 0;

  add(sample: number): void {
    this.#samples[this.#count % samplesKept] = sample;
    this.#count += 1;
  }

  percentiles(): Percentiles | null {
    const samples = Math.min(this.#count, samplesKept);
    if (samples === 0) return null;
    const sorted = this.#samples.slice(0, samples).toSorted();
    const at = (share: number): number => sorted[Math.min(samples - 1, Math.ceil(share * samples) - 1)] ?? 0;
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99), samples };
  }
}
