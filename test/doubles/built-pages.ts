import { execFile } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const project = join(import.meta.dirname, "..", "..");
const web = join(import.meta.dirname, "../../gateway/kiosk/web");

/** Where the pages of the kiosk are once they are built. */
export const builtPages = join(web, "dist");

/** Builds the pages as `npm run build` does, unless what is there is newer than all that they are made from. */
export async function buildPages(): Promise<void> {
  if (isFresh()) return;
  const vite = join(project, "node_modules/vite/bin/vite.js");
  const args = [vite, "build", "--config", join(web, "vite.config.ts"), "--logLevel", "error"];
  await promisify(execFile)(process.execPath, args, { cwd: project });
}

function isFresh(): boolean {
  const built = join(builtPages, "kiosk.html");
  if (!existsSync(built)) return false;
  const builtMs = statSync(built).mtimeMs;
  return readdirSync(web, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(builtPages))
    .every((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs < builtMs);
}
