import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";

/** The pages as `npm run build` makes them, in a folder of this test's own. */
export async function buildPages(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "carepost-pages-"));
  const configFile = join(import.meta.dirname, "../../../../gateway/kiosk/web/vite.config.ts");
  await build({ configFile, logLevel: "error", build: { outDir: folder, emptyOutDir: true } });
  return folder;
}
