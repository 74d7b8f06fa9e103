import { useEffect, useState } from "preact/hooks";

/** Whole seconds that are left of `ms`, counted from `since` (`performance.now()`); drawn anew each second. */
export function useSecondsLeft(ms: number, since: number): number {
  const left = (): number => Math.max(0, Math.ceil((since + ms - performance.now()) / 1_000));
  const [, draw] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => draw((count) => count + 1), 500);
    return () => clearInterval(timer);
  }, []);
  return left();
}

/** "1:05" */
export const minutesAndSeconds = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
