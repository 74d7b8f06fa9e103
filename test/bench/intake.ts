import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../gateway/store/sqlite-store.ts";
import { systemClock } from "../../gateway/system-clock.ts";
import { cpuSeconds, type Figure, figureOf, type Suite, type SuiteOptions } from "./figure.ts";
import { measureInsertLimit } from "./limits/insert-limit.ts";
import { newReading } from "./load.ts";

/** Readings made durable through the store's worker thread, beside the least that the same disk and rows can cost. */
export const intake: Suite = {
  name: "intake",
  about: "durable intake with group commit, against the hand-made limit of 100 rows a transaction",
  async run({ rounds, short, folder, progress }: SuiteOptions): Promise<readonly Figure[]> {
    const durationMs = short ? 500 : 1500;
    const ratios: number[] = [];
    const rates: number[] = [];
    const limits: number[] = [];
    const cpu: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const bodies = Array.from({ length: 1024 }, (_, index) => Buffer.from(JSON.stringify(newReading(index).reading)));
      const own = join(folder, String(round));
      mkdirSync(own);
      const limit = measureInsertLimit({ folder: own, bodies, rowsPerCommit: 100, durationMs });
      const ours = await measureStore(join(own, "store.db"), durationMs);
      progress(`round ${round + 1}: limit ${Math.round(limit.rowsPerSecond)}/s, store ${Math.round(ours.perSecond)}/s`);
      limits.push(limit.rowsPerSecond);
      rates.push(ours.perSecond);
      ratios.push(ours.perSecond / limit.rowsPerSecond);
      cpu.push(ours.cpuSecondsPer100k);
    }
    const suite = "intake";
    return [
      figureOf({ suite, name: "limit, FULL, 100 rows a transaction", unit: "1/s" }, limits),
      figureOf({ suite, name: "store, FULL, group commit", unit: "1/s" }, rates),
      figureOf({ suite, name: "store against the limit", unit: "ratio", aim: { atLeast: 0.8 } }, ratios),
      figureOf({ suite, name: "store, both threads, per 100,000", unit: "CPU s" }, cpu),
    ];
  },
};

/** Enough readings under way that commits always find a group, as when many devices show their memories. */
const underWay = 2_000;

async function measureStore(
  path: string,
  durationMs: number,
): Promise<{ readonly perSecond: number; readonly cpuSecondsPer100k: number }> {
  const store = await openStore({ path, key: null, clock: systemClock, thread: "worker" });
  let stored = 0;
  let next = 0;
  const before = process.cpuUsage();
  const started = performance.now();
  const lane = async (): Promise<void> => {
    while (performance.now() - started < durationMs) {
      next += 1;
      await store.add(newReading(next));
      stored += 1;
    }
  };
  await Promise.all(Array.from({ length: underWay }, lane));
  const elapsedS = (performance.now() - started) / 1000;
  const cpu = cpuSeconds(before);
  await store.close();
  return { perSecond: stored / elapsedS, cpuSecondsPer100k: (cpu / stored) * 100_000 };
}
