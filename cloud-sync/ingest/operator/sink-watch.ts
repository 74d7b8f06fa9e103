import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { DeadLetterDesk } from "../dead-letter-desk.ts";
import type { SinkAnswer } from "./fleet-api.ts";

/** How the sink is: asked now and then, because where nothing arrives no commit would tell. */
export interface SinkWatch {
  answer(): SinkAnswer;
  /** Asks until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
  /** Asks once, now. */
  look(): Promise<void>;
}

const intervalMs = 15_000;
const answerMsMax = 5_000;

export function watchSink(desk: DeadLetterDesk, clock: Clock, isCommitFailing: () => boolean): SinkWatch {
  let last: SinkAnswer = { state: "unknown", readings: null, deadLetters: null };

  const look = async (): Promise<void> => {
    const late = new AbortController();
    try {
      const tooLate = clock.sleep(answerMsMax, late.signal).then(() => null);
      const counts = await Promise.race([desk.counts(), tooLate]);
      last = counts === null ? { ...last, state: "down" } : { state: "up", ...counts };
    } catch {
      // What is wrong with it is in the log of whoever wants to commit.
      last = { ...last, state: "down" };
    } finally {
      late.abort();
    }
  };

  return {
    answer: () => (isCommitFailing() ? { ...last, state: "down" } : last),
    look,
    async run(signal) {
      while (!signal.aborted) {
        await look();
        await clock.sleep(intervalMs, signal).catch(() => undefined);
      }
    },
  };
}
