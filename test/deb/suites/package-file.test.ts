import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildDeb, type Deb } from "../../../gateway/packaging/build-deb.ts";

const root = join(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "carepost-deb-file-"));
const epochS = 1_800_000_000;
let deb: Deb;

beforeAll(() => {
  deb = buildDeb({ root, folder: join(folder, "first"), compression: "none", epochS });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const sumOf = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

/** Each as dpkg-deb lists it: mode, owner and path. */
function entries(): readonly { readonly mode: string; readonly owner: string; readonly path: string }[] {
  const listed = execFileSync("dpkg-deb", ["--contents", deb.path], { encoding: "utf8", maxBuffer: 2 ** 24 });
  return listed
    .trim()
    .split("\n")
    .map((line) => {
      const [mode = "", owner = "", , , , path = ""] = line.split(/\s+/);
      return { mode, owner, path };
    });
}

test("the same checkout gives the same bytes", () => {
  const again = buildDeb({ root, folder: join(folder, "second"), compression: "none", epochS });
  expect(sumOf(again.path)).toBe(sumOf(deb.path));
  const later = buildDeb({ root, folder: join(folder, "third"), compression: "none", epochS: epochS + 1 });
  expect(sumOf(later.path)).not.toBe(sumOf(deb.path));
});

test("every file is root's, nobody else may write it, and nothing runs as its owner", () => {
  const odd = entries().filter(({ mode, owner }) => owner !== "root/root" || !/^[-d]rw[x-]r-[x-]r-[x-]$/.test(mode));
  expect(odd).toEqual([]);
  const programs = entries().filter(({ mode }) => mode.startsWith("-rwx"));
  expect(programs.map(({ path }) => path).toSorted()).toEqual(["./usr/bin/carepost", "./usr/lib/carepost/bin/node"]);
});

test("what runs is in it, and nothing that only tests, builds or develops", () => {
  const paths = entries().map(({ path }) => path.replace(/^\.\/usr\/lib\/carepost\//, ""));
  const expected = [
    "gateway/cli/carepost.mjs",
    "gateway/store/store-worker.ts",
    "gateway/kiosk/web/dist/hub.html",
    "cloud-sync/ingest/start-ingest.ts",
    `node_modules/better-sqlite3/prebuilds/linux-${process.arch}.node`,
    "./usr/lib/systemd/system/carepost-gateway.service",
    "./etc/carepost/carepost.yaml",
  ];
  expect(expected.filter((path) => !paths.includes(path))).toEqual([]);
  const strays = paths.filter((path) =>
    /^(?:test\/|gateway\/packaging\/|gateway\/kiosk\/web\/[^/]*\.tsx|node_modules\/(?:typescript|vite|vitest|node)\/)/.test(
      path,
    ),
  );
  expect(strays).toEqual([]);
});

test("it says what it needs, how large it is, and which file is the operator's", () => {
  const field = (name: string): string =>
    execFileSync("dpkg-deb", ["--field", deb.path, name], { encoding: "utf8" }).trim();
  expect([field("Package"), field("Version")]).toEqual(["carepost", "0.1.0"]);
  expect(Number(field("Installed-Size"))).toBe(deb.installedKiB);
  expect(field("Depends")).not.toMatch(/node/);
  expect(execFileSync("dpkg-deb", ["--info", deb.path, "conffiles"], { encoding: "utf8" })).toBe(
    "/etc/carepost/carepost.yaml\n",
  );
});
