/** So many may be under way at a time; the others wait their turn, in order. */
export interface Slots {
  /** Resolves when there is a slot, which is then taken. */
  take(): Promise<void>;
  release(): void;
}

export function createSlots(max: number): Slots {
  const waiting: (() => void)[] = [];
  let free = max;
  return {
    take() {
      if (free > 0) {
        free -= 1;
        return Promise.resolve();
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    release() {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    },
  };
}
