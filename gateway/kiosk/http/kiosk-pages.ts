import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { kioskHttpErrors } from "./kiosk-http-error.ts";

/** A file of the pages, as it is sent. */
export interface KioskFile {
  readonly type: string;
  readonly body: Buffer;
  /** Gzipped; null where that would not make it smaller. */
  readonly packed: Buffer | null;
}

const builtFolder = join(import.meta.dirname, "../web/dist");

const types: Readonly<Partial<Record<string, string>>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

/** By the name of the page's file, where it is shown. */
const places: Readonly<Record<"kiosk" | "hub", Readonly<Partial<Record<string, string>>>>> = {
  kiosk: { "kiosk.html": "/", "staff.html": "/staff" },
  hub: { "hub.html": "/", "staff.html": "/staff" },
};

/**
 * The built pages by the path that they are asked for. All of them are read once, at the start: nothing that a request
 * says ever becomes a path of this machine. Rejects with `kiosk-page-missing`.
 */
export async function readKioskPages(
  profile: "kiosk" | "hub",
  folder = builtFolder,
): Promise<ReadonlyMap<string, KioskFile>> {
  const names = await readdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw kioskHttpErrors.make("kiosk-page-missing", "the pages of the kiosk were not built", { cause });
  });
  const wanted = names.filter((name) => extname(name) in types);
  const files = new Map<string, KioskFile>();
  for (const name of wanted.map((found) => found.replaceAll("\\", "/"))) {
    const path = extname(name) === ".html" ? places[profile][name] : `/${name}`;
    if (path !== undefined) files.set(path, await kioskFile(join(folder, name)));
  }
  if (Object.values(places[profile]).every((path) => path !== undefined && files.has(path))) return files;
  throw kioskHttpErrors.make("kiosk-page-missing", "not all pages of the kiosk were built");
}

async function kioskFile(path: string): Promise<KioskFile> {
  const body = await readFile(path);
  const packed = await promisify(gzip)(body, { level: 9 });
  const type = types[extname(path)] ?? "application/octet-stream";
  return { type, body, packed: packed.byteLength < body.byteLength ? packed : null };
}
