import type { Random } from "../device-drivers/ports/clock.ts";

/**
 * A seeded source of chance (sfc32): the same seed gives the same numbers, on every machine and in every version.
 * Take one source per purpose with `seedOf`, so that a new draw in one place does not shift the draws of another.
 */
export function seededRandom(seed: number): Random {
  let a = scramble(seed);
  let b = scramble(a);
  let c = scramble(b);
  let counter = 1;
  const draw = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let round = 0; round < 12; round += 1) draw();
  return draw;
}

/** The seed of one purpose within a seeded world: pure in (seed, labels), by FNV-1a over the labels' text. */
export function seedOf(seed: number, ...labels: readonly (string | number)[]): number {
  let hash = scramble(seed) ^ 0x811c9dc5;
  for (const label of labels) {
    for (const character of `${label}\u0000`) {
      hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
    }
  }
  return scramble(hash) >>> 0;
}

/** A number in [min, max). */
export const between = (random: Random, min: number, max: number): number => min + random() * (max - min);

/** An integer in [min, max], both included. */
export const integerBetween = (random: Random, min: number, max: number): number =>
  Math.min(max, Math.floor(between(random, min, max + 1)));

/** Does an event of this probability happen? A probability of 0 never does, and draws nothing. */
export const happens = (random: Random, probability: number): boolean => probability > 0 && random() < probability;

/** A draw from the normal distribution (Box and Muller). */
export function gaussian(random: Random, mean: number, deviation: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return mean + deviation * radius * Math.cos(2 * Math.PI * random());
}

/** The finalizer of MurmurHash3: every bit of the input changes half the bits of the output. */
function scramble(value: number): number {
  let hash = (value + 0x9e3779b9) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
