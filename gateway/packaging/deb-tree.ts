import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { dropInPath, dropInText, mainConfText } from "../radio/bluez/hardening.ts";
import { packagingErrors } from "./packaging-error.ts";
import { isNeededAtRunTime, productionModules } from "./production-modules.ts";

export interface TreeOptions {
  /** The checkout. */
  readonly root: string;
  /** Where the tree is laid: it is the root of the installed machine. */
  readonly tree: string;
  readonly version: string;
  /** Node's and the prebuilt addon's: `linux-x64`. */
  readonly platform: string;
}

const home = "usr/lib/carepost";
const pagesFolder = "gateway/kiosk/web";
const sourceFolders = ["gateway", "device-drivers", "cloud-sync", "simulators"];

/** Lays all files of the package where they go. Modes are those of the installed machine, whatever the checkout's are. */
export function layTree(options: TreeOptions): void {
  const { root } = options;
  for (const needed of ["node_modules/node/bin/node", "package-lock.json", `${pagesFolder}/dist/kiosk.html`]) {
    if (!existsSync(join(root, needed))) {
      throw packagingErrors.make("package-input-missing", `there is no ${needed} in the checkout`);
    }
  }
  layProgram(options);
  layModules(options);
  laySystem(options);
  layDocuments(options);
}

function layProgram({ root, tree, version }: TreeOptions): void {
  copy(join(root, "node_modules/node/bin/node"), join(tree, home, "bin/node"), 0o755);
  for (const folder of sourceFolders) {
    for (const path of walk(join(root, folder))) {
      const from = join(folder, path);
      if (isProgram(from)) copy(join(root, from), join(tree, home, from));
    }
  }
  const manifest = readFileSync(join(root, "package.json"), "utf8");
  write(join(tree, home, "package.json"), manifest.replace(/"version": "[^"]*"/, `"version": "${version}"`));
  copy(join(import.meta.dirname, "debian/carepost.sh"), join(tree, "usr/bin/carepost"), 0o755);
}

/** The pages are there as they were built, and not as they are written. */
const isProgram = (path: string): boolean =>
  !path.startsWith("gateway/packaging/") &&
  (!path.startsWith(`${pagesFolder}/`) || path.startsWith(`${pagesFolder}/dist/`)) &&
  !/(?:^|\/)(?:README\.md|tsconfig\.json|[^/]*\.tsbuildinfo)$/.test(path);

function layModules({ root, tree, platform }: TreeOptions): void {
  for (const module of productionModules(root)) {
    for (const path of walk(join(root, module))) {
      // What is nested is a folder of the lock file's own.
      if (path.startsWith("node_modules/") || !isNeededAtRunTime(module, path, platform)) continue;
      copy(join(root, module, path), join(tree, home, module, path));
    }
  }
}

function laySystem({ tree }: TreeOptions): void {
  const own = (name: string): string => join(import.meta.dirname, name);
  for (const unit of ["carepost-gateway.service", "carepost-ingest.service"]) {
    copy(own(`systemd/${unit}`), join(tree, "usr/lib/systemd/system", unit));
  }
  copy(own("debian/carepost.yaml"), join(tree, "etc/carepost/carepost.yaml"));
  copy(own("debian/dbus-policy.conf"), join(tree, "usr/share/dbus-1/system.d/carepost.conf"));
  copy(own("debian/polkit.rules"), join(tree, "usr/share/polkit-1/rules.d/60-carepost.rules"));
  copy(own("debian/lintian-overrides"), join(tree, "usr/share/lintian/overrides/carepost"));
}

function layDocuments({ root, tree }: TreeOptions): void {
  const documents = join(tree, "usr/share/doc/carepost");
  copy(join(import.meta.dirname, "README.md"), join(documents, "README.md"));
  write(join(documents, "copyright"), copyrightText(root));
  // What bluetoothd should be told belongs to another package: an operator puts it there.
  write(join(documents, "examples/bluetooth/main.conf"), mainConfText());
  write(join(documents, `examples/bluetooth/${relative("/etc/systemd/system", dropInPath)}`), dropInText());
}

function copyrightText(root: string): string {
  const modules = productionModules(root).map((path) => {
    const manifest = readFileSync(join(root, path, "package.json"), "utf8");
    const [, licence] = /"license":\s*"([^"]+)"/.exec(manifest) ?? [];
    return `Files: ${home}/${path}/*\nCopyright: its authors, as told in that folder\nLicense: ${licence ?? "see-that-folder"}\n`;
  });
  return [
    "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: Carepost\n",
    "Files: *\nCopyright: the Carepost maintainers\nLicense: Apache-2.0\n",
    `Files: ${home}/bin/node\nCopyright: Node.js contributors\nLicense: MIT\n`,
    ...modules,
    "License: Apache-2.0\n The full text is in /usr/share/common-licenses/Apache-2.0.\n",
  ].join("\n");
}

/** The files below a folder, by their path from it, in one order on every machine; links are not followed. */
export function walk(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
}

function copy(from: string, to: string, mode = 0o644): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  copyFileSync(from, to);
  chmodSync(to, mode);
}

export function write(path: string, text: string | Uint8Array, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, text);
  chmodSync(path, mode);
}
