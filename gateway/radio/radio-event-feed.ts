import type { RadioEvent } from "./managed-radio.ts";

/** Who takes none of so many has stopped to listen; beyond it, the oldest are let go. */
const waitingEventsMax = 256;

/** Tells every listener what befalls a radio, in order. A listener hears what comes after it began, and nothing before. */
export class RadioEventFeed {
  readonly #listeners = new Set<Listener>();

  tell(event: RadioEvent): void {
    for (const listener of this.#listeners) {
      if (listener.waiting.length >= waitingEventsMax) listener.waiting.shift();
      listener.waiting.push(event);
      listener.wake?.();
    }
  }

  /** Listens from the call on, not only from the first `next`. Ends, without an error, when the signal is aborted. */
  events(signal: AbortSignal): AsyncIterable<RadioEvent> {
    const listener: Listener = { waiting: [], wake: null };
    const leave = (): void => void this.#listeners.delete(listener);
    if (!signal.aborted) {
      this.#listeners.add(listener);
      signal.addEventListener("abort", leave, { once: true });
    }
    const left = (): void => {
      leave();
      signal.removeEventListener("abort", leave);
    };
    return { [Symbol.asyncIterator]: () => take(listener, signal, left) };
  }
}

interface Listener {
  readonly waiting: RadioEvent[];
  wake: (() => void) | null;
}

async function* take(listener: Listener, signal: AbortSignal, left: () => void): AsyncGenerator<RadioEvent, void> {
  try {
    while (!signal.aborted) {
      const event = listener.waiting.shift();
      if (event === undefined) await arrival(listener, signal);
      else yield event;
    }
  } finally {
    left();
  }
}

function arrival(listener: Listener, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      listener.wake = null;
      signal.removeEventListener("abort", wake);
      resolve();
    };
    listener.wake = wake;
    signal.addEventListener("abort", wake, { once: true });
  });
}
