/** When the broker is away, and when the devices fall silent so that all can be counted. */
export interface DemoTimeline {
  /**
   * Is the broker away at this moment of the demo?
   * @param arrivedMs when the first reading reached the sink; null before
   */
  isOutage(elapsedMs: number, arrivedMs: number | null): boolean;
  /** When the devices end; infinite where the demo has no end. */
  readonly devicesEndMs: number;
}

/** First everything is seen to work. */
const calmMs = 6000;
/** For a demo without an end, which has the time to let readings arrive first, however slow the machine. */
const endlessOutage = { lastsMs: 6000, everyMs: 30_000 };

export function demoTimeline(forMs: number | null, withOutage: boolean): DemoTimeline {
  if (forMs === null) {
    const { lastsMs, everyMs } = endlessOutage;
    const isOutage = (elapsedMs: number, arrivedMs: number | null): boolean => {
      if (!withOutage || arrivedMs === null) return false;
      const sinceFirstMs = elapsedMs - arrivedMs - calmMs;
      return sinceFirstMs >= 0 && sinceFirstMs % everyMs < lastsMs;
    };
    return { isOutage, devicesEndMs: Number.POSITIVE_INFINITY };
  }
  const devicesEndMs = forMs - Math.min(Math.max(forMs / 4, 2000), 5000);
  const beginsMs = Math.min(Math.max(devicesEndMs * 0.4, calmMs), devicesEndMs * 0.6);
  const endsMs = beginsMs + Math.min(devicesEndMs * 0.3, 10_000);
  return { isOutage: (elapsedMs) => withOutage && elapsedMs >= beginsMs && elapsedMs < endsMs, devicesEndMs };
}
