import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../gateway/store/sqlite-store.ts";
import type { Store } from "../../gateway/store/store.ts";
import { systemClock } from "../../gateway/system-clock.ts";
import { type Figure, type FigureName, figureOf, type Suite, type SuiteOptions } from "./figure.ts";
import { newReading } from "./load.ts";

/** How long a withdrawal takes among many readings that wait, and how long a reading of somebody else waits meanwhile. */
export const withdrawal: Suite = {
  name: "withdrawal",
  about: "one person withdraws among 200,000 waiting readings: how long it takes, and the longest commit meanwhile",
  async run({ rounds, short, folder, progress }: SuiteOptions): Promise<readonly Figure[]> {
    const waiting = short ? 4_000 : 200_000;
    const measured: Measured[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const own = join(folder, String(round));
      mkdirSync(own);
      measured.push(...(await measureRound(join(own, "store.db"), waiting)));
      const told = measured.slice(-cases.length).map(({ tookMs, longestMs }) => `${whole(tookMs)}/${whole(longestMs)}`);
      progress(
        `round ${round + 1}: took/longest commit in ms, ${told.join(", ")}; before ${whole(measured.at(-1)?.beforeMs ?? 0)}`,
      );
    }
    return cases.flatMap(({ name }) => figuresOf(name, measured));
  },
};

/** Of a thousand readings, so many are this person's. */
const cases = [
  { name: "one in a hundred", person: "bench-few", share: 10 },
  { name: "half of them", person: "bench-many", share: 500 },
] as const;

interface Measured {
  readonly name: string;
  readonly tookMs: number;
  /** The longest that a reading of somebody else waited for its commit while the withdrawal was under way. */
  readonly longestMs: number;
  /** The same, over as many commits before. */
  readonly beforeMs: number;
}

const whole = (value: number): string => String(Math.round(value));

function figuresOf(name: string, measured: readonly Measured[]): readonly Figure[] {
  const own = measured.filter((each) => each.name === name);
  const named = (what: string): FigureName => ({ suite: "withdrawal", name: `${name}: ${what}`, unit: "ms" });
  return [
    figureOf(
      named("until all is removed"),
      own.map(({ tookMs }) => tookMs),
    ),
    figureOf(
      named("longest commit meanwhile"),
      own.map(({ longestMs }) => longestMs),
    ),
    figureOf(
      named("longest commit before"),
      own.map(({ beforeMs }) => beforeMs),
    ),
  ];
}

async function measureRound(path: string, waiting: number): Promise<readonly Measured[]> {
  const store = await openStore({ path, key: null, clock: systemClock, thread: "worker" });
  try {
    await fill(store, waiting);
    const measured: Measured[] = [];
    for (const { name, person } of cases) {
      const from = waiting + measured.length * 1_000_000;
      const beforeMs = await longestCommit(store, from, () => new Promise((done) => setTimeout(done, 500)));
      const started = performance.now();
      const deed = { changes: [{ type: "withdraw", person, at: Date.now() } as const], events: [], audit: [] };
      let tookMs = 0;
      const longestMs = await longestCommit(store, from + 500_000, async () => {
        await store.record(deed);
        tookMs = performance.now() - started;
      });
      measured.push({ name, tookMs, longestMs, beforeMs });
    }
    return measured;
  } finally {
    await store.close();
  }
}

/** Adds readings, one after another, while the act is under way. In milliseconds. */
async function longestCommit(store: Store, from: number, act: () => Promise<void>): Promise<number> {
  const over = new AbortController();
  const acting = act().finally(() => over.abort());
  let longestMs = 0;
  for (let next = from; !over.signal.aborted; next += 1) {
    const started = performance.now();
    await store.add(newReading(next));
    longestMs = Math.max(longestMs, performance.now() - started);
  }
  await acting;
  return longestMs;
}

const underWay = 2_000;

/** Whose they are changes from one to the next, as when many people measure. */
async function fill(store: Store, waiting: number): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < waiting) {
      const index = next++;
      const made = newReading(index);
      const person = personOf((index * 7) % 1_000);
      await store.add({ ...made, reading: { ...made.reading, person } });
    }
  };
  await Promise.all(Array.from({ length: underWay }, lane));
}

function personOf(place: number): string {
  let end = 0;
  for (const { person, share } of cases) {
    end += share;
    if (place < end) return person;
  }
  return "bench-others";
}
