import { expect, test } from "vitest";
import { runKills } from "./kill-run.ts";
import { tempers } from "./schedule.ts";
import { killFlaws } from "./torture.ts";

/** Real processes in real time, and then a wait until everything has come to rest. */
const timeoutMs = 240_000;

test(
  "gateway, broker and ingestor are killed 10 times, and nothing is lost, doubled or given to another",
  async () => {
    const report = await runKills({ cycles: 10, seed: 1, acknowledge: "receipt", temper: tempers.everything });
    expect(killFlaws(report)).toEqual([]);
    expect(report.stored).toBeGreaterThan(30);
  },
  timeoutMs,
);
