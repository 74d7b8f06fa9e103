import { array, assert, constantFrom, dictionary, jsonValue, nat, property, record, string } from "fast-check";
import { expect, test } from "vitest";
import { elementTexts, memberText } from "../../../cloud-sync/ingest/element-texts.ts";

test("each element is the text that was written, spaces, escapes and long numbers and all", () => {
  const text = String.raw`{ "v" : 1, "readings" : [ {"a":"}],\"\\"} , 1.000e400,[ [1 , 2] ], "x" ,null ] , "z":[9] }`;
  expect(elementTexts(text, "readings")).toEqual([
    String.raw`{"a":"}],\"\\"}`,
    "1.000e400",
    "[ [1 , 2] ]",
    '"x"',
    "null",
  ]);
});

test("a name that is escaped counts, and of two the last one, as for JSON.parse", () => {
  expect(elementTexts(String.raw`{"readings":[1],"r\u0065adings":[2]}`, "readings")).toEqual(["2"]);
  expect(elementTexts('{"readings":[1],"readings":7}', "readings")).toBeNull();
});

test("a readings of a deeper level, or none, is not taken for it", () => {
  for (const text of ['{"a":{"readings":[1]}}', "{}", "[]", "7", '"readings"', "null"]) {
    expect(elementTexts(text, "readings")).toBeNull();
  }
  expect(elementTexts('{"readings":[]}', "readings")).toEqual([]);
});

test("nesting of any depth is followed without recursion", () => {
  const deep = "[".repeat(30_000) + "]".repeat(30_000);
  expect(elementTexts(`{"readings":[${deep},1]}`, "readings")).toEqual([deep, "1"]);
});

test("it finds what JSON.parse finds, in any JSON", () => {
  assert(
    property(array(jsonValue()), dictionary(string(), jsonValue()), nat(3), (items, others, gap) => {
      const text = JSON.stringify({ ...others, readings: items, after: items }, null, gap);
      const texts = elementTexts(text, "readings") ?? [];
      expect(texts.map((element): unknown => JSON.parse(element))).toEqual(JSON.parse(text).readings);
    }),
    { seed: 7, numRuns: 2000 },
  );
});

test("one member is found as JSON.parse finds it, the last of several", () => {
  const member = record({ name: constantFrom("data", "dat\\u0061", "other"), value: jsonValue() });
  assert(
    property(array(member), jsonValue(), (before, last) => {
      const others = before.map(({ name, value }) => ` "${name}" :${JSON.stringify(value, null, 1)} ,`).join("");
      const text = `{${others}"id":"x", "data"\n: ${JSON.stringify(last)} }`;
      expect(JSON.parse(memberText(text, "data") ?? "")).toEqual(JSON.parse(text).data);
      expect(memberText(text, "absent")).toBeNull();
    }),
    { seed: 20_261_122 },
  );
});
