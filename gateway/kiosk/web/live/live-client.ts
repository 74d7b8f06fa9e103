import type { LiveEvent } from "../../contract/live.ts";

export interface LiveClient {
  /** Asks anew, with the cookies of now: after signing in, or when a visit has begun. */
  readonly reopen: () => void;
  readonly close: () => void;
}

export interface LiveListeners {
  /** A whole snapshot, which replaces what came before. */
  readonly onEvent: (event: LiveEvent) => void;
  /** Whether the gateway is heard just now. */
  readonly onHeard: (isHeard: boolean) => void;
}

/**
 * Listens to `GET /api/live`. The browser connects again by itself after a break, but not after an answer that is an
 * error, as while the gateway starts: then it is asked again after a pause that grows to ten seconds.
 */
export function openLive({ onEvent, onHeard }: LiveListeners): LiveClient {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pauseMs = firstPauseMs;

  const reopen = (): void => {
    clearTimeout(timer);
    source?.close();
    const opened = new EventSource("/api/live");
    source = opened;
    opened.addEventListener("open", () => {
      pauseMs = firstPauseMs;
      onHeard(true);
    });
    opened.addEventListener("error", () => {
      onHeard(false);
      if (opened.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(reopen, pauseMs);
      pauseMs = Math.min(pauseMs * 2, pauseMaxMs);
    });
    for (const name of ["kiosk", "visit", "staff"] as const) {
      opened.addEventListener(name, (message: MessageEvent<string>) =>
        onEvent({ event: name, data: JSON.parse(message.data) }),
      );
    }
  };

  reopen();
  return {
    reopen,
    close: () => {
      clearTimeout(timer);
      source?.close();
    },
  };
}

const firstPauseMs = 500;
const pauseMaxMs = 10_000;
