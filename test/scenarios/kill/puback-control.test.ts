import { expect, test } from "vitest";
import { controlFlaws, runPubackControl } from "./torture.ts";

/** Real processes in real time, and then a wait until everything has come to rest. */
const timeoutMs = 240_000;

test(
  "the control: a gateway that lets go at PUBACK loses readings when the cloud's end is killed",
  async () => {
    const report = await runPubackControl({ cycles: 6, seed: 1 });
    expect(controlFlaws(report)).toEqual([]);
  },
  timeoutMs,
);
