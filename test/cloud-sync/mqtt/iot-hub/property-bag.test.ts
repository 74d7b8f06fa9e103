import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBag, encodeBag } from "../../../../cloud-sync/mqtt/iot-hub/property-bag.ts";
import { readBag } from "../../../../simulators/iot-hub/hub-rules.ts";

test("a bag is written as the documentation writes it", () => {
  const bag = new Map([
    ["$.ct", "application/json;charset=utf-8"],
    ["$.ce", "utf-8"],
    ["a key", "a string"],
    ["empty", ""],
    ["none", null],
  ]);
  expect(encodeBag(bag)).toBe("$.ct=application%2Fjson%3Bcharset%3Dutf-8&$.ce=utf-8&a%20key=a%20string&empty=&none");
});

test("a bag is read with a question mark in front of it, and with its system properties encoded or not", () => {
  expect(decodeBag("?prop1&prop2=&prop3=a%20string")).toEqual(
    new Map([
      ["prop1", null],
      ["prop2", ""],
      ["prop3", "a string"],
    ]),
  );
  expect(decodeBag("%24.mid=7&kind=receipts")).toEqual(
    new Map([
      ["$.mid", "7"],
      ["kind", "receipts"],
    ]),
  );
  expect(decodeBag("")).toEqual(new Map());
});

test("what is not URL-encoded is no bag", () => {
  for (const text of ["a=%", "a=%zz", "%C3=1", "a=%C3%28"]) expect(decodeBag(text)).toBeNull();
});

const key = fc.string({ unit: "binary", minLength: 1, maxLength: 20 });
const bags = fc.uniqueArray(fc.tuple(key, fc.option(fc.string({ unit: "binary", maxLength: 40 }))), {
  selector: ([name]) => name,
  maxLength: 12,
});

test("whatever is in a bag comes out of it, and never looks like a topic's wildcard or level", () => {
  fc.assert(
    fc.property(bags, (entries) => {
      const text = encodeBag(new Map(entries));
      expect(decodeBag(text)).toEqual(new Map(entries));
      expect(text).not.toMatch(/[+#/\0]/);
    }),
  );
});

test("the hub reads the same, but for a value that is null", () => {
  fc.assert(
    fc.property(bags, (entries) => {
      const plain = entries.map(([name, value]): [string, string] => [name, value ?? ""]);
      expect(readBag(encodeBag(new Map(entries)))).toEqual(new Map(plain));
    }),
  );
});
