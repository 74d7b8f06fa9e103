import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** All files below a folder that belong to the project: not what is installed, built or written by a run. */
export function filesOf(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (name === "node_modules" || name === "dist" || name.startsWith(".")) return [];
    return statSync(path).isDirectory() ? filesOf(path) : [path];
  });
}
