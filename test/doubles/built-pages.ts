import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";

const web = join(import.meta.dirname, "../../gateway/kiosk/web");

/** Where the pages of the kiosk are once they are built. */
export const builtPages = join(web, "dist");

/** Builds the pages, unless what is there is newer than all that they are made from. */
export async function buildPages(): Promise<void> {
  if (isFresh()) return;
  await build({ configFile: join(web, "vite.config.ts"), logLevel: "error" });
}

function isFresh(): boolean {
  const built = join(builtPages, "kiosk.html");
  if (!existsSync(built)) return false;
  const builtMs = statSync(built).mtimeMs;
  return readdirSync(web, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(builtPages))
    .every((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs < builtMs);
}
