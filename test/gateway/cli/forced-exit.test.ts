import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const file = join(import.meta.dirname, "../../../gateway/cli/forced-exit.ts");

/** What a program says of its garbage collections that does this after it was told to let forced exits end. */
function run(deed: string): { readonly code: number | null; readonly collections: number } {
  const program = `import { letForcedExitsEnd } from ${JSON.stringify(file)}; letForcedExitsEnd(); ${deed}`;
  const args = ["--trace-gc", "--input-type=module", "--eval", program];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return { code: status, collections: stdout.match(/Mark-Compact/g)?.length ?? 0 };
}

test("a process that is made to end collects its garbage first, so that no thread waits for that in vain", () => {
  expect(run("process.exit(3)")).toEqual({ code: 3, collections: 1 });
  expect(run("throw new Error('nobody catches it')")).toEqual({ code: 1, collections: 1 });
});

test("a process that has nothing left to do just ends", () => {
  expect(run("process.exitCode = 4")).toEqual({ code: 4, collections: 0 });
});
