/** A fast source of chance for loops of a million: xorshift32, the same numbers for the same seed. */
export interface SeededOctets {
  /** An integer from 0 up to, and without, `bound`. */
  below(bound: number): number;
  uint8(): number;
  uint32(): number;
}

export function seededOctets(seed: number): SeededOctets {
  let state = seed === 0 ? 1 : seed | 0;
  const uint32 = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  return { uint32, uint8: () => uint32() >>> 24, below: (bound) => Math.floor((uint32() / 2 ** 32) * bound) };
}
