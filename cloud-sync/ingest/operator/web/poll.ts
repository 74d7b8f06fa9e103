import { Refusal } from "./api-client.ts";

export interface Polling<Answer> {
  readonly intervalMs: number;
  ask(signal: AbortSignal): Promise<Answer>;
  show(answer: Answer): void;
  /** It failed, and is tried again after this; null once it has succeeded. */
  lost(refusal: Refusal | null, nextMs: number): void;
}

const intervalMsMax = 60_000;

/** Asks again and again until the signal is aborted; after failures less and less often, and not while nobody looks. */
export async function poll<Answer>(polling: Polling<Answer>, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      polling.show(await polling.ask(signal));
      failures = 0;
      polling.lost(null, 0);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      failures += 1;
      polling.lost(error, waitMs(polling.intervalMs, failures));
    }
    await pause(waitMs(polling.intervalMs, failures), signal);
  }
}

const waitMs = (intervalMs: number, failures: number): number =>
  Math.min(intervalMsMax, intervalMs * 2 ** Math.min(failures, 6));

/** Ends early when the page is looked at again, or the signal is aborted. */
function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isDue = false;
  const wake = (): void => {
    if (isDue && !document.hidden) resolve();
  };
  // A part is left to chance, so that many open pages do not ask a server that comes back all at once.
  const timer = setTimeout(
    () => {
      isDue = true;
      wake();
    },
    durationMs * (0.9 + 0.2 * Math.random()),
  );
  document.addEventListener("visibilitychange", wake);
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(() => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", wake);
  });
}
