import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PacketIds } from "../../../cloud-sync/mqtt/packet-ids.ts";

test("identifiers are handed out in turn, from 1 to 65,535 and again from 1", () => {
  const ids = new PacketIds();
  for (let expected = 1; expected <= 65_535; expected += 1) {
    expect(ids.allocate()).toBe(expected);
    ids.deallocate(expected);
  }
  expect(ids.allocate()).toBe(1);
});

test("when all are in use there is none, until one is given back", () => {
  const ids = new PacketIds();
  for (let count = 0; count < 65_535; count += 1) ids.allocate();
  expect(ids.allocate()).toBeNull();
  ids.deallocate(40_000);
  expect(ids.allocate()).toBe(40_000);
  ids.clear();
  expect(ids.register(1)).toBe(true);
});

test("one that is in use is never handed out", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat({ max: 20 })), { maxLength: 200 }), (steps) => {
      const ids = new PacketIds();
      const inUse: number[] = [];
      for (const step of steps) {
        const given = step === null ? ids.allocate() : null;
        if (given !== null) inUse.push(given);
        const [back] = step === null ? [] : inUse.splice(step, 1);
        if (back !== undefined) ids.deallocate(back);
        expect(new Set(inUse).size).toBe(inUse.length);
      }
    }),
  );
});
