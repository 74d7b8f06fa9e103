import { constants } from "node:os";

/** A second request within this time is the first one, heard twice: from the terminal and from a parent process. */
const echoMs = 1000;

/** Less than systemd waits for our services (`TimeoutStopSec`), so that the reason is told before it ends them. */
const stopMsMax = 25_000;

/**
 * Aborted when somebody asks this process to end (Ctrl-C, SIGTERM). Whoever asks again, because it takes too long, ends
 * it at once, by the signal itself; and so does `stopMsMax`, whatever it is that hangs. Nothing is lost by either:
 * every step is made to bear a power cut.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let askedAtMs: number | null = null;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      const nowMs = performance.now();
      if (askedAtMs === null) {
        controller.abort();
        setTimeout(() => giveUp(signal), stopMsMax).unref();
      } else if (nowMs - askedAtMs > echoMs) endBy(signal);
      askedAtMs ??= nowMs;
    });
  }
  return controller.signal;
}

function giveUp(signal: NodeJS.Signals): void {
  const waiting = [...new Set(process.getActiveResourcesInfo())].join(", ");
  process.stderr.write(
    `carepost did not end within ${stopMsMax / 1000} s of being asked to; it still has: ${waiting}\n`,
  );
  endBy(signal);
}

/** With the default action there is no way out of Node's to get stuck in, and the exit code tells of the signal. */
function endBy(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // The first process of a container is spared by signals that it does not listen to.
  process.exit(128 + constants.signals[signal]);
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
