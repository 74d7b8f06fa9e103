import { expect, test } from "vitest";
import { gaussian, happens, integerBetween, seededRandom, seedOf } from "../../simulators/random.ts";

test("the same seed gives the same numbers, and these numbers for ever", () => {
  const take = (seed: number): readonly number[] => Array.from({ length: 4 }, seededRandom(seed));
  expect(take(1)).toEqual(take(1));
  expect(take(1)).not.toEqual(take(2));
  expect(take(1)).toMatchInlineSnapshot(`
    [
      0.7258089564274997,
      0.10859499708749354,
      0.1756971904542297,
      0.6874599372968078,
    ]
  `);
});

test("draws are spread evenly over [0, 1)", () => {
  const random = seededRandom(7);
  const buckets = Array.from({ length: 10 }, () => 0);
  for (let draw = 0; draw < 100_000; draw += 1) {
    const bucket = Math.floor(random() * 10);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(400);
});

test("each purpose has a seed of its own", () => {
  const seeds = new Set<number>();
  for (let day = 0; day < 1_000; day += 1) {
    seeds.add(seedOf(1, "glucose", day));
    seeds.add(seedOf(1, "pressure", day));
    seeds.add(seedOf(2, "glucose", day));
  }
  expect(seeds.size).toBe(3_000);
  expect(seedOf(1, "ab", "c")).not.toBe(seedOf(1, "a", "bc"));
});

test("integers include both ends, and the impossible never happens", () => {
  const random = seededRandom(3);
  const drawn = new Set(Array.from({ length: 200 }, () => integerBetween(random, 2, 5)));
  expect([...drawn].toSorted((left, right) => left - right)).toEqual([2, 3, 4, 5]);
  expect(Array.from({ length: 100 }, () => happens(random, 0)).includes(true)).toBe(false);
  expect(Array.from({ length: 100 }, () => happens(random, 1)).includes(false)).toBe(false);
});

test("normal draws have their mean and their deviation", () => {
  const random = seededRandom(11);
  const draws = Array.from({ length: 20_000 }, () => gaussian(random, 100, 15));
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  const deviation = Math.sqrt(draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length);
  expect(mean).toBeCloseTo(100, 0);
  expect(deviation).toBeGreaterThan(14.5);
  expect(deviation).toBeLessThan(15.5);
});
