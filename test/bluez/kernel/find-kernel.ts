import { createHash } from "node:crypto";
import { accessSync, constants, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { BluezRunError } from "../bluez-run-error.ts";
import { buildKernel, kernelRecipe } from "./build-kernel.ts";

/** Names a kernel that is ready: an executable file made of `linux-bt.config`, or of one like it. */
export const kernelVariable = "CAREPOST_BLUEZ_KERNEL";

/**
 * The kernel to boot: the one that the variable names, else the one in the cache, else a new one, which takes a few
 * minutes and stays in the cache until its configuration or its sources' version series change.
 *
 * @throws BluezRunError what is missing, in words
 */
export async function findKernel(tell: (progress: string) => void): Promise<string> {
  const ready = process.env[kernelVariable] ?? "";
  if (ready !== "") {
    if (isExecutable(ready)) return ready;
    throw new BluezRunError(`${kernelVariable} names no executable file`);
  }
  const cached = cachePath();
  if (!isExecutable(cached)) await buildKernel(cached, tell);
  return cached;
}

function cachePath(): string {
  const { source, patches, configPath } = kernelRecipe;
  const hash = createHash("sha256")
    .update(JSON.stringify([source, patches]))
    .update(readFileSync(configPath));
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return join(cache, "carepost", "bluez-kernel", `linux-bt-${hash.digest("hex").slice(0, 16)}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
