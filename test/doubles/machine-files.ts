import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { thisMachine } from "../../gateway/ops/checks/machine.ts";
import type { Machine } from "../../gateway/ops/checks/machine.ts";

/** A machine that is only these files; one whose text starts with an arrow is a link to what follows. */
export function machineOf(files: Readonly<Record<string, string>>, own: Partial<Machine> = {}): Machine {
  const root = mkdtempSync(join(tmpdir(), "carepost-machine-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (text.startsWith("→ ")) symlinkSync(text.slice(2), join(root, path));
    else writeFileSync(join(root, path), text);
  }
  const run: Machine["run"] = () => Promise.resolve(null);
  return { ...thisMachine(root), platform: "linux", kernel: "6.12.48", run, ...own };
}
