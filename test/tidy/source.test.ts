import { expect, test } from "vitest";
import { functionLengths, importsOf } from "./source.ts";

test("imports are found in each of their forms, with their lines", () => {
  const text = [
    'import { a } from "one";',
    "import type {",
    "  B,",
    '} from "two";',
    'const c = await import("three");',
    'export { d } from "./four.ts";',
  ].join("\n");
  expect(importsOf(text)).toEqual([
    { specifier: "one", line: 1 },
    { specifier: "two", line: 1 },
    { specifier: "three", line: 5 },
    { specifier: "./four.ts", line: 5 },
  ]);
});

test("the length of a function counts its code, not its comments", () => {
  const text = ["export function long(a: number): number {", "  // why", "  const b = a;", "", "  return b;", "}"].join(
    "\n",
  );
  expect(functionLengths(text, "x.ts")).toEqual([{ name: "long", line: 1, lines: 4 }]);
});

test("methods and arrow functions are measured too", () => {
  const text = ["class A {", "  #b(): void {", "    c();", "  }", "}", "const d = (): void => {", "  e();", "};"].join(
    "\n",
  );
  expect(functionLengths(text, "x.ts").map((found) => [found.name, found.lines])).toEqual([
    ["#b", 3],
    ["d", 3],
  ]);
});
