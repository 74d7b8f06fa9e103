import { useEffect, useState } from "preact/hooks";

const signs = ["pointerdown", "keydown", "wheel", "touchmove"] as const;

export interface Idle {
  readonly idleMs: number;
  readonly warnMs: number;
}

/**
 * Calls `onIdle` when nobody has done anything on this page for `idleMs`. Returns how many seconds are left, once they
 * are fewer than `warnMs`; null before that.
 */
export function useIdle({ idleMs, warnMs }: Idle, onIdle: () => void): number | null {
  const [leftS, setLeft] = useState<number | null>(null);
  useEffect(() => {
    let lastAt = Date.now();
    const alive = (): void => {
      lastAt = Date.now();
      setLeft(null);
    };
    const look = (): void => {
      const leftMs = lastAt + idleMs - Date.now();
      if (leftMs <= 0) onIdle();
      else setLeft(leftMs <= warnMs ? Math.ceil(leftMs / 1000) : null);
    };
    const timer = setInterval(look, 1_000);
    for (const sign of signs) addEventListener(sign, alive, { capture: true, passive: true });
    return () => {
      clearInterval(timer);
      for (const sign of signs) removeEventListener(sign, alive, { capture: true });
    };
  }, [idleMs, warnMs]);
  return leftS;
}
