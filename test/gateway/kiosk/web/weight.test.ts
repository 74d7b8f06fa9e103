import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { builtPages } from "../../../doubles/built-pages.ts";

const pageBytesMax = 150_000;

test("the touch screen weighs less than 150 kB as it travels, with all that it loads", () => {
  const html = readFileSync(join(builtPages, "kiosk.html"), "utf8");
  const linked = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, path]) => path ?? "");
  const scripts = linked.filter((path) => path.endsWith(".js"));
  expect(scripts.length).toBeGreaterThan(0);
  const files = new Set(["kiosk.html", ...linked, ...scripts.flatMap((path) => importedBy(path))]);
  const bytes = [...files].map((path) => gzipSync(readFileSync(join(builtPages, path))).byteLength);
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(pageBytesMax);
});

test("nothing that is built keeps anything in the browser, or is written as mark-up", () => {
  const forbidden = /\b(?:localStorage|sessionStorage|indexedDB|document\.cookie|caches\.open|serviceWorker)\b/;
  const scripts = readdirSync(join(builtPages, "assets")).filter((name) => name.endsWith(".js"));
  expect(scripts.length).toBeGreaterThan(2);
  const found = scripts.filter((name) => forbidden.test(readFileSync(join(builtPages, "assets", name), "utf8")));
  expect(found).toEqual([]);
  const html = readdirSync(builtPages).filter((name) => name.endsWith(".html"));
  const inline = html.filter((name) => / style=|<style|<script>/.test(readFileSync(join(builtPages, name), "utf8")));
  expect(inline).toEqual([]);
});

test("the pages are built for people, and say nothing of where that was", () => {
  const names = readdirSync(join(builtPages, "assets"));
  expect(names.length).toBeGreaterThan(2);
  const place = join(import.meta.dirname, "..", "..", "..", "..");
  expect(names.filter((name) => readFileSync(join(builtPages, "assets", name)).includes(place))).toEqual([]);
});

/** The chunks that a script imports, from the same folder. */
function importedBy(path: string): readonly string[] {
  const text = readFileSync(join(builtPages, path), "utf8");
  return [...text.matchAll(/(?:from|import\(?)\s*["'`]\.\/([^"'`]+)["'`]/g)].map(([, name]) => `assets/${name}`);
}
