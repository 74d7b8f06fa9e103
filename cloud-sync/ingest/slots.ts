/** So much may be under way at a time; the others wait their turn, in order. */
export interface Slots {
  /** Resolves when there is room, which is then taken. What is larger than all the room there is takes all of it. */
  take(weight?: number): Promise<void>;
  /** Gives back what was taken: the same weight. */
  release(weight?: number): void;
}

export function createSlots(max: number): Slots {
  const waiting: { readonly weight: number; readonly resolve: () => void }[] = [];
  let free = max;
  return {
    take(weight = 1) {
      const own = Math.min(weight, max);
      if (waiting.length === 0 && own <= free) {
        free -= own;
        return Promise.resolve();
      }
      return new Promise((resolve) => waiting.push({ weight: own, resolve }));
    },
    release(weight = 1) {
      free += Math.min(weight, max);
      while (waiting[0] !== undefined && waiting[0].weight <= free) {
        free -= waiting[0].weight;
        waiting.shift()?.resolve();
      }
    },
  };
}
