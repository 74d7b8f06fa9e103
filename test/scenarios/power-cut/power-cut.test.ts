import { expect, test } from "vitest";
import { hasStrace } from "./power-cut.ts";
import { cutEverything, powerCutFlaws, straceIsMissing } from "./power-cuts.ts";

test("a power cut loses nothing that store or sink acknowledged, and the control with synchronous=NORMAL does", async () => {
  const flaws = hasStrace() ? powerCutFlaws(await cutEverything({ cuts: 40, seed: 1, rows: 120 })) : leaveOut();
  expect(flaws).toEqual([]);
}, 120_000);

/** The long run, `npm run torture`, demands strace; this one says that it has proved nothing. */
function leaveOut(): readonly string[] {
  process.stderr.write(`power cuts are left out of this run: ${straceIsMissing}\n`);
  return [];
}
