import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** Bundled into the pages when these are built; nothing of them is loaded at run time. */
const bundled: ReadonlySet<string> = new Set(["preact", "uplot", "uqr"]);

/** What a package brings for other uses than being run: sources of what is compiled, and of its types. */
const unused: Readonly<Record<string, readonly string[]>> = {
  "better-sqlite3": ["deps", "src", "binding.gyp"],
  zod: ["src"],
};

const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      dev: z.boolean().optional(),
      optional: z.boolean().optional(),
      devOptional: z.boolean().optional(),
    }),
  ),
});

/**
 * The folders of `node_modules`, by their path from the checkout's root, that the program needs on Debian: what
 * `npm ci --omit=dev --omit=optional` would install, from the lock file and without a registry. The optional ones are
 * radios for machines without bluetoothd.
 */
export function productionModules(root: string): readonly string[] {
  const { packages } = lockFile.parse(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")));
  return Object.entries(packages)
    .filter(([path, { dev, optional, devOptional }]) => path !== "" && !(dev ?? optional ?? devOptional ?? false))
    .map(([path]) => path)
    .filter((path) => !bundled.has(nameOf(path)) && !nameOf(path).startsWith("@types/"));
}

/** Whether a file of such a folder is needed when it runs. `path` is relative to the folder. */
export function isNeededAtRunTime(module: string, path: string, platform: string): boolean {
  const [first = ""] = path.split("/");
  if (unused[nameOf(module)]?.includes(first) === true) return false;
  if (first === "prebuilds") return path === "prebuilds" || path.split("/")[1]?.split(".")[0] === platform;
  if (/^(?:tests?|__tests__|examples?|bench(?:marks?)?|docs?|coverage|\..*)$/.test(first)) return false;
  return !/\.(?:d\.[cm]?ts|map|md|markdown|tsbuildinfo)$/i.test(path) || /^licen[cs]e/i.test(first);
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
