/** A second request within this time is the first one, heard twice: from the terminal and from a parent process. */
const echoMs = 1000;

/**
 * Aborted when somebody asks this process to end (Ctrl-C, SIGTERM). Whoever asks again, because it takes too long, ends
 * it at once, with the exit code that a shell gives a process that a signal ended.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let askedAtMs: number | null = null;
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  for (const [signal, code] of Object.entries(codes)) {
    process.on(signal, () => {
      const nowMs = performance.now();
      if (askedAtMs === null) controller.abort();
      else if (nowMs - askedAtMs > echoMs) process.exit(code);
      askedAtMs ??= nowMs;
    });
  }
  return controller.signal;
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
