import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { isNeededAtRunTime, productionModules } from "../../../gateway/packaging/production-modules.ts";

const root = join(import.meta.dirname, "../../..");
const modules = productionModules(root);
const packages = z.record(z.string(), z.string());
const manifest = z
  .looseObject({ dependencies: packages, devDependencies: packages, optionalDependencies: packages })
  .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));

test("what the program imports is packed, but for what is bundled into the pages", () => {
  const direct = Object.keys(manifest.dependencies).map((name) => `node_modules/${name}`);
  const bundled = ["preact", "uplot", "uqr"].map((name) => `node_modules/${name}`);
  expect(direct.filter((path) => !modules.includes(path)).toSorted()).toEqual(bundled.toSorted());
  expect(modules.filter((path) => !existsSync(join(root, path, "package.json")))).toEqual([]);
});

test("nothing that only develops or tests is packed, and no radio of other systems", () => {
  const tools = ["typescript", "vite", "vitest", "oxlint", "knip", "playwright-core", "axe-core", "node"];
  expect(tools.filter((name) => !(name in manifest.devDependencies))).toEqual([]);
  const unwanted = [...tools, ...Object.keys(manifest.optionalDependencies)];
  const strays = unwanted.map((name) => `node_modules/${name}`).filter((path) => modules.includes(path));
  expect(strays).toEqual([]);
});

test("of a package's files, those that are run and its licence are packed", () => {
  const needed = (path: string): boolean => isNeededAtRunTime("node_modules/better-sqlite3", path, "linux-x64");
  expect(needed("lib/index.js")).toBe(true);
  expect(needed("LICENSE")).toBe(true);
  expect(needed("LICENSE.md")).toBe(true);
  expect(needed("prebuilds/linux-x64.node")).toBe(true);
  expect(needed("prebuilds/linuxmusl-x64.node")).toBe(false);
  expect(needed("prebuilds/darwin-arm64.node")).toBe(false);
  expect(needed("deps/sqlite3.c")).toBe(false);
  expect(needed("README.md")).toBe(false);
  expect(isNeededAtRunTime("node_modules/pino", "test/basic.test.js", "linux-x64")).toBe(false);
  expect(isNeededAtRunTime("node_modules/mqtt", "build/lib/client.d.ts", "linux-x64")).toBe(false);
});
