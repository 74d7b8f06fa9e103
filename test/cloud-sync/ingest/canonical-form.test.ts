import * as fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { canonicalForm } from "../../../cloud-sync/ingest/canonical-form.ts";

/** Does all of the text match? */
function matches(schema: z.ZodType, text: string): boolean {
  const { expression } = canonicalForm(schema, []);
  return expression.test(text) && expression.lastIndex === text.length;
}

test("a whole number matches between its bounds and nowhere else", () => {
  const bounds = fc.tuple(fc.integer({ min: -40_000, max: 1 }), fc.integer({ min: 1, max: 2_000_000 }));
  fc.assert(
    fc.property(bounds, fc.integer({ min: -50_000, max: 2_500_000 }), ([min, max], anywhere) => {
      const schema = z.int().min(min).max(max);
      for (const value of [anywhere, min - 1, min, min + 1, 0, max - 1, max, max + 1]) {
        expect([value, matches(schema, String(value))]).toEqual([value, value >= min && value <= max]);
      }
    }),
    { seed: 1, numRuns: 200 },
  );
  for (const text of ["-0", "00", "01", "1.0", "1e1", "+1", " 1", ""]) expect(matches(z.int(), text)).toBe(false);
});

test("a text matches within its length and its pattern, if nothing in it is escaped", () => {
  const short = z.string().min(1).max(3);
  const word = z
    .string()
    .max(4)
    .regex(/^a+$|^b{2}$/);
  const cases: readonly (readonly [schema: z.ZodType, text: string, is: boolean])[] = [
    [short, '"abc"', true],
    [short, '"é€"', true],
    [short, '""', false],
    [short, '"abcd"', false],
    [short, '"\\n"', false],
    [short, '"\n"', false],
    [short, '"a"b"', false],
    [word, '"aaaa"', true],
    [word, '"aaaaa"', false],
    [word, '"bb"', true],
    [word, '"bba"', false],
    [word, '"abb"', false],
  ];
  for (const [schema, text, is] of cases) expect([text, matches(schema, text)]).toEqual([text, is]);
});

test("members that may be absent leave no comma behind, and none out", () => {
  const schema = z.strictObject({ a: z.boolean().optional(), b: z.null(), c: z.boolean().optional() });
  const all = z.strictObject({ a: z.null().optional(), b: z.null().optional(), c: z.null().optional() });
  for (const value of [{ b: null }, { a: true, b: null }, { b: null, c: true }, { a: true, b: null, c: false }]) {
    expect(matches(schema, JSON.stringify(value))).toBe(true);
  }
  for (const value of [{}, { a: null }, { b: null }, { c: null }, { a: null, c: null }, { b: null, c: null }]) {
    expect(matches(all, JSON.stringify(value))).toBe(true);
  }
  for (const text of [
    '{,"b":null}',
    '{"a":true"b":null}',
    '{"b":null,}',
    '{"b":null"c":true}',
    "{}",
    '{"b":null,"d":1}',
  ]) {
    expect([text, matches(schema, text)]).toEqual([text, false]);
  }
  for (const text of ['{,"a":null}', '{"a":null"b":null}', '{"a":null,,"b":null}', '{"b":null,"a":null}', "{,}"]) {
    expect([text, matches(all, text)]).toEqual([text, false]);
  }
});

test("of a choice the group of each member is told, and what they begin with is shared", () => {
  const end = { a: z.enum(["x", "y"]), b: z.array(z.int()).min(1).max(2) };
  const schema = z.discriminatedUnion("kind", [
    z.strictObject({ ...end, kind: z.literal("one"), c: z.boolean() }),
    z.strictObject({ ...end, kind: z.literal("two"), c: z.null() }),
  ]);
  const { expression, groups } = canonicalForm(schema, ["a", "kind", "c"]);
  expect(Object.fromEntries(groups)).toEqual({ a: [1], kind: [2, 4], c: [3, 5] });
  expression.lastIndex = 1;
  const found = expression.exec(' {"a":"y","b":[1,22],"kind":"two","c":null}!');
  expect(found?.slice(1)).toEqual(['"y"', undefined, undefined, '"two"', "null"]);
  expect(matches(schema, '{"a":"x","b":[1,2,3],"kind":"one","c":true}')).toBe(false);
  expect(matches(schema, '{"a":"x","b":[1],"kind":"one","c":null}')).toBe(false);
});

test("what such an expression cannot say with certainty is an error, and not let pass", () => {
  const schemas: readonly z.ZodType[] = [
    z.object({ a: z.null() }),
    z.looseObject({ a: z.null() }),
    z.array(z.null()),
    z.number(),
    z.int().min(2).max(5),
    z.int().multipleOf(2).min(0).max(8),
    z.string().regex(/^.$/),
    z.string().regex(/^[^a]$/),
    z.string().regex(/^[!-~]$/),
    z.string().regex(/^\S$/),
    z.string().regex(/^"$/),
    z.string().regex(/^(?!b)[a-z]$/),
    z.string().regex(/^a\w+$/u),
    z.unknown(),
  ];
  for (const schema of schemas) expect(() => canonicalForm(schema, [])).toThrow(TypeError);
  expect(() => canonicalForm(z.strictObject({ a: z.null() }), ["b"])).toThrow(TypeError);
});
