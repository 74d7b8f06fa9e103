import { expect, test } from "vitest";
import { runKills } from "./kill-run.ts";
import { tempers } from "./schedule.ts";
import { controlFlaws, killFlaws, runPubackControl } from "./torture.ts";

/** Both run real processes in real time, and then wait until everything has come to rest. */
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

test(
  "the control: a gateway that lets go at PUBACK loses readings when the cloud's end is killed",
  async () => {
    const report = await runPubackControl({ cycles: 6, seed: 1 });
    expect(controlFlaws(report)).toEqual([]);
  },
  timeoutMs,
);
