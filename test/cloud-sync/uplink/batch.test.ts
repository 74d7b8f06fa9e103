import { expect, test } from "vitest";
import { BatchMaker } from "../../../cloud-sync/uplink/batch.ts";

const batches = new BatchMaker({ gateway: "gw-0001", bootId: "boot-1", form: "plain", trustedNow: () => null });
const text = `{"id":1},{"id":2}`;

test("an envelope is the JSON around the body of a page", () => {
  const envelope = batches.envelope("boot-1-a", new TextEncoder().encode(text));
  expect(JSON.parse(new TextDecoder().decode(envelope))).toEqual({
    v: 1,
    batch: "boot-1-a",
    gateway: "gw-0001",
    readings: [{ id: 1 }, { id: 2 }],
  });
});

test("the memory of a page is given back with its envelope", () => {
  const body = Uint8Array.from(new TextEncoder().encode(text));
  batches.envelope("boot-1-b", body);
  expect(body.byteLength).toBe(0);
});

test("memory that a page shares with others is left alone", () => {
  const shared = new TextEncoder().encode(`${text} and something else`);
  const body = shared.subarray(0, text.length);
  batches.envelope("boot-1-c", body);
  expect(new TextDecoder().decode(shared)).toBe(`${text} and something else`);
});
