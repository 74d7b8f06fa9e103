import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import type { Batcher } from "./batcher.ts";
import { listDeadLetters, type ListedDeadLetter, replayDeadLetters, type ReplayReport } from "./dead-letters.ts";
import { ingestErrors } from "./ingest-error.ts";
import type { Sink } from "./sink.ts";

/** The dead letters of an ingestor that runs. What is replayed goes through its own batcher: its sink stays its own. */
export interface DeadLetterDesk {
  list(query: { readonly afterId: number; readonly limit: number }): Promise<readonly ListedDeadLetter[]>;
  counts(): Promise<{ readonly readings: number; readonly deadLetters: number }>;
  /**
   * Judges them again by today's rules; see `replayDeadLetters`. Rejects with `replay-under-way` while another one
   * runs, and with the sink's errors.
   */
  replay(request: { readonly ids?: readonly number[]; readonly code?: string }): Promise<ReplayReport>;
  /** Lets a replay that runs finish, and takes no more. */
  stop(): Promise<void>;
}

export interface DeadLetterDeskPorts {
  readonly sink: Sink;
  readonly batcher: Batcher;
  readonly clock: Clock;
  readonly log: Log;
}

export function deadLetterDesk({ sink, batcher, clock, log }: DeadLetterDeskPorts): DeadLetterDesk {
  let running: Promise<ReplayReport> | null = null;
  let isStopped = false;
  return {
    list: (query) => listDeadLetters(sink, query),
    counts: () => sink.counts(),
    async replay(request) {
      if (isStopped) throw ingestErrors.make("ingest-stopped", "the ingestor is stopping");
      if (running !== null) throw ingestErrors.make("replay-under-way", "another replay has not ended yet");
      try {
        running = replayDeadLetters(sink, { ...request, clock, batcher });
        const report = await running;
        const { examined, replayed, stored, duplicates } = report;
        log.info("dead-letters-replayed", {
          records: examined,
          deadLetters: examined - replayed,
          stored,
          duplicate: duplicates,
        });
        return report;
      } finally {
        running = null;
      }
    },
    async stop() {
      isStopped = true;
      await Promise.allSettled([running]);
    },
  };
}

/** Of a broker that stands alone: it stores nothing, so there is nothing to look at. */
export const noDeadLetterDesk: DeadLetterDesk = {
  list: () => Promise.resolve([]),
  counts: () => Promise.resolve({ readings: 0, deadLetters: 0 }),
  replay: () => Promise.resolve({ examined: 0, replayed: 0, stored: 0, duplicates: 0, remaining: [] }),
  stop: () => Promise.resolve(),
};
