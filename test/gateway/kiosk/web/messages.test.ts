import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bloodPressureStatusNames } from "../../../../device-drivers/profiles/blood-pressure/measurement-codec.ts";
import { glucoseStatusNames } from "../../../../device-drivers/profiles/glucose/measurement-codec.ts";
import { standardTables } from "../../../../gateway/kiosk/ranges/standard-tables.ts";
import { en } from "../../../../gateway/kiosk/web/messages/en.ts";
import { es } from "../../../../gateway/kiosk/web/messages/es.ts";
import { failureGroup, failureGroups } from "../../../../gateway/kiosk/web/messages/failure-groups.ts";

const root = join(import.meta.dirname, "../../../..");

/** The tables whose codes come as far as the screen, with those that only stop a start. */
const tables: Readonly<Record<string, readonly string[]>> = {
  "gateway/radio/pairing-error.ts": [],
  "gateway/pairing/pairing-window-error.ts": [],
  "device-drivers/ports/gatt-error.ts": [],
  "device-drivers/kit/driver-error.ts": [],
  "gateway/collect/collect-error.ts": [],
  "gateway/kiosk/kiosk-error.ts": ["consent-text-invalid", "range-table-invalid"],
};

test.for(Object.entries(tables))("there are plain words for every failure of %s", ([path, apart]) => {
  const codes = codesOf(path).filter((code) => !apart.includes(code));
  expect(codes.length).toBeGreaterThan(1);
  expect(codes.filter((code) => failureGroup(code) === "unclear")).toEqual([]);
});

test("words are for failures that exist, and what is not known has words, too", () => {
  const folders = ["gateway", "device-drivers", "cloud-sync"];
  const known = new Set(folders.flatMap((folder) => errorTables(folder)).flatMap((path) => codesOf(path)));
  // Of the page itself: there was no answer.
  known.add("unreachable");
  expect(Object.keys(failureGroups).filter((code) => !known.has(code))).toEqual([]);
  expect(en.failures[failureGroup("never-heard-of")].text).toContain("ask the staff");
});

test("every category of the tables of ranges has a word", () => {
  const tables = Object.values(standardTables);
  const categories = tables.flatMap((table) => [
    ...table.categories.map(({ category }) => category),
    ...("beyond" in table && table.beyond !== null ? [table.beyond.high.category, table.beyond.low.category] : []),
  ]);
  expect(categories.filter((category) => !(category in en.readings.category))).toEqual([]);
});

test("everything that a device may note about a reading has a sentence", () => {
  const names = [...bloodPressureStatusNames(0xff_ff), ...glucoseStatusNames(0xff_ff)];
  const remarks = names.map((name) => name.replaceAll("_", "-"));
  expect(remarks.length).toBeGreaterThan(12);
  expect(remarks.filter((remark) => !(remark in en.readings.remark))).toEqual([]);
});

test("Spanish is Spanish: nothing was left in English, and nothing is empty", () => {
  const english = new Map(leaves(en));
  const same = leaves(es).filter(([key, text]) => text === english.get(key) && !sameInBoth.has(text));
  expect(same).toEqual([]);
  const empty = leaves(es).filter(([key, text]) => text === "" && english.get(key) !== "");
  expect(empty).toEqual([]);
});

const sameInBoth = new Set(["HI", "LO", "PIN", "No", "Normal", "", "{n}"]);

/** Every text with its place; what takes values is called with places of them. */
function leaves(words: unknown, place = ""): readonly (readonly [string, string])[] {
  if (typeof words === "string") return [[place, words]];
  if (typeof words === "function") return [[place, String(Reflect.apply(words, undefined, ["1", "2", "3"]))]];
  if (typeof words !== "object" || words === null) return [];
  return Object.entries(words).flatMap(([key, value]) => leaves(value, `${place}.${key}`));
}

function codesOf(path: string): readonly string[] {
  const text = readFileSync(join(root, path), "utf8");
  const matches = text.slice(text.indexOf("defineErrors({")).matchAll(/^ {2}(?:"([a-z0-9-]+)"|([a-z0-9]+)): \{/gm);
  return [...matches].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

const errorTables = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith("-error.ts"))
    .map((name) => join(folder, name));
