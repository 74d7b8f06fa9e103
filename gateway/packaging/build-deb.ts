import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { layTree, walk, write } from "./deb-tree.ts";
import { packagingErrors } from "./packaging-error.ts";

export interface DebOptions {
  /** The checkout, with its packages installed and its pages built. */
  readonly root: string;
  /** Where the file is put. */
  readonly folder: string;
  /** Default: that of package.json. */
  readonly version?: string;
  /** `none` is for tests: a minute saved. */
  readonly compression?: "xz" | "none";
  /** Seconds since 1970 that every file is dated; default: `$SOURCE_DATE_EPOCH`, else the checkout's last commit. */
  readonly epochS?: number;
}

export interface Deb {
  readonly path: string;
  readonly bytes: number;
  readonly installedKiB: number;
}

/**
 * Makes `carepost_<version>_<architecture>.deb` from a checkout, without a network. The same checkout gives the same
 * bytes: names are in one order, owners and modes are fixed, and no time is newer than the epoch.
 *
 * @throws CarepostError `package-input-missing`, `package-tool-failed`
 */
export function buildDeb(options: DebOptions): Deb {
  const { root, folder, compression = "xz" } = options;
  const version = options.version ?? versionOf(root);
  const epochS = options.epochS ?? epochOf(root);
  const architecture = { x64: "amd64", arm64: "arm64" }[process.arch as string] ?? process.arch;
  const staging = mkdtempSync(join(tmpdir(), "carepost-deb-"));
  try {
    const tree = join(staging, "carepost");
    chmodSync(staging, 0o755);
    mkdirSync(tree, { mode: 0o755 });
    layTree({ root, tree, version, platform: `linux-${process.arch}` });
    layDated(tree, version, epochS);
    const installedKiB = layControl(tree, { version, architecture });
    dateAll(tree, epochS);
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `carepost_${version}_${architecture}.deb`);
    const packed = ["--root-owner-group", `-Z${compression}`, "--threads-max=1", "--build", tree, path];
    run("dpkg-deb", packed, { SOURCE_DATE_EPOCH: String(epochS) });
    return { path, bytes: statSync(path).size, installedKiB };
  } finally {
    rmSync(staging, { recursive: true });
  }
}

const versionOf = (root: string): string =>
  /"version": "([^"]+)"/.exec(readFileSync(join(root, "package.json"), "utf8"))?.[1] ?? "0";

function epochOf(root: string): number {
  const given = Number(process.env["SOURCE_DATE_EPOCH"] ?? Number.NaN);
  if (Number.isSafeInteger(given)) return given;
  const { stdout } = spawnSync("git", ["-C", root, "log", "-1", "--format=%ct"], { encoding: "utf8" });
  return Number(stdout.trim()) || 0;
}

/** dpkg-deb itself would only take the newer ones back to the epoch. */
function dateAll(tree: string, epochS: number): void {
  for (const entry of ["", ...readdirSync(tree, { recursive: true, encoding: "utf8" })]) {
    utimesSync(join(tree, entry), epochS, epochS);
  }
}

/** What holds a date in its text. */
function layDated(tree: string, version: string, epochS: number): void {
  const day = new Date(epochS * 1000).toUTCString().replace("GMT", "+0000");
  const changelog = `carepost (${version}) stable; urgency=medium\n\n  * See CHANGELOG.md of the project.\n\n -- ${maintainer}  ${day}\n`;
  write(join(tree, "usr/share/doc/carepost/changelog.gz"), gzip(changelog));
  const manual = readFileSync(join(import.meta.dirname, "debian/carepost.1"), "utf8");
  write(join(tree, "usr/share/man/man1/carepost.1.gz"), gzip(manual));
}

/** Without a name and a time in its header, which Node leaves out. */
const gzip = (text: string): Uint8Array => gzipSync(text, { level: 9 });

const maintainer = "Carepost maintainers <maintainers@carepost.example>";

/** Returns how large it is when it is installed, in KiB. */
function layControl(
  tree: string,
  { version, architecture }: { readonly version: string; readonly architecture: string },
): number {
  const files = walk(tree);
  const installedKiB = files.reduce((sum, path) => sum + Math.ceil(statSync(join(tree, path)).size / 1024), 0);
  const sums = files
    .filter((path) => !path.startsWith("etc/"))
    .map(
      (path) =>
        `${createHash("md5")
          .update(readFileSync(join(tree, path)))
          .digest("hex")}  ${path}\n`,
    );
  const control = join(tree, "DEBIAN");
  write(join(control, "control"), controlText({ version, architecture, installedKiB }));
  write(join(control, "md5sums"), sums.join(""));
  write(join(control, "conffiles"), "/etc/carepost/carepost.yaml\n");
  for (const script of ["postinst", "prerm", "postrm"]) {
    copyFileSync(join(import.meta.dirname, "debian", script), join(control, script));
    chmodSync(join(control, script), 0o755);
  }
  return installedKiB;
}

interface ControlFields {
  readonly version: string;
  readonly architecture: string;
  readonly installedKiB: number;
}

const controlText = ({ version, architecture, installedKiB }: ControlFields): string => `Package: carepost
Version: ${version}
Architecture: ${architecture}
Maintainer: ${maintainer}
Installed-Size: ${installedKiB}
Depends: adduser, init-system-helpers (>= 1.54~), libc6 (>= 2.35), libgcc-s1, libstdc++6 (>= 12), util-linux
Recommends: bluez, dbus, polkitd
Suggests: mosquitto, postgresql
Section: net
Priority: optional
Homepage: https://carepost.example/
Description: device gateway for chronic care
 Reads blood glucose meters and blood pressure cuffs over Bluetooth Low Energy,
 keeps every reading on disk, and delivers each one to the cloud until its
 receipt comes.
 .
 It brings its own Node.js, and runs as a home hub or as a kiosk in a store.
`;

function run(command: string, parameters: readonly string[], environment: Readonly<Record<string, string>>): void {
  const { status, error } = spawnSync(command, parameters, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) {
    throw packagingErrors.make("package-tool-failed", `${command} failed`, error === undefined ? {} : { cause: error });
  }
}
