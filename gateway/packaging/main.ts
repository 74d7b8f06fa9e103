import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildDeb } from "./build-deb.ts";

/** `npm run package:deb -- [--out FOLDER] [--version VERSION] [--uncompressed]` */
const { values } = parseArgs({
  options: { out: { type: "string" }, version: { type: "string" }, uncompressed: { type: "boolean", default: false } },
});
const root = join(import.meta.dirname, "..", "..");
const { path, bytes, installedKiB } = buildDeb({
  root,
  folder: values.out ?? join(root, "dist"),
  compression: values.uncompressed ? "none" : "xz",
  ...(values.version === undefined ? {} : { version: values.version }),
});
const mebibytes = (value: number): string => (value / 2 ** 20).toFixed(1);
process.stdout.write(`${path}\n${mebibytes(bytes)} MiB; ${mebibytes(installedKiB * 1024)} MiB when installed\n`);
