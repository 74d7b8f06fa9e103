import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { findKernel, kernelVariable } from "./kernel/find-kernel.ts";

const silent = (): void => undefined;

function file(mode: number): string {
  const folder = mkdtempSync(join(tmpdir(), "find-kernel-"));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, "linux-bt");
  writeFileSync(path, "");
  chmodSync(path, mode);
  return path;
}

test("takes the kernel that the variable names", async () => {
  const path = file(0o755);
  vi.stubEnv(kernelVariable, path);
  expect(await findKernel(silent)).toBe(path);
});

test("builds nothing instead of a kernel that was named and is not there", async () => {
  vi.stubEnv(kernelVariable, `${file(0o755)}-gone`);
  await expect(findKernel(silent)).rejects.toThrow(kernelVariable);
});
