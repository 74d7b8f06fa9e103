import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const file = join(import.meta.dirname, "../../../gateway/cli/forced-exit.ts");

/** How a program ends that lets forced exits end and does this, and whether it collects its whole garbage for that. */
function run(deed: string): { readonly code: number | null; readonly collects: boolean } {
  const program = `import { letForcedExitsEnd } from ${JSON.stringify(file)}; letForcedExitsEnd(); ${deed}`;
  const args = ["--trace-gc", "--input-type=module", "--eval", program];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return { code: status, collects: stdout.includes("Mark-Compact") };
}

test("a process that is made to end collects its garbage first, so that no thread waits for that in vain", () => {
  expect(run("process.exit(3)")).toEqual({ code: 3, collects: true });
  expect(run("throw new Error('nobody catches it')")).toEqual({ code: 1, collects: true });
});

test("a process that has nothing left to do just ends", () => {
  expect(run("process.exitCode = 4")).toEqual({ code: 4, collects: false });
});
