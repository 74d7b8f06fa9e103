import { expect, test } from "vitest";
import type { Receipt } from "../../../cloud-sync/contract/delivery.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { Ledger } from "../../../simulators/fleet/ledger.ts";

const none = { waiting: [], deadLetters: [] };

const batch = (id: string, ids: readonly string[]): Uint8Array =>
  Buffer.from(
    JSON.stringify({ v: 1, batch: id, gateway: "sim-gw-00000", readings: ids.map((reading) => ({ id: reading })) }),
  );

const receipt = (id: string, fates: Partial<Receipt>): Uint8Array =>
  Buffer.from(JSON.stringify({ v: 1, batch: id, stored: [], duplicate: [], rejected: [], at: 0, ...fates }));

test("a reading that no receipt names is waiting, given up, or lost", () => {
  const ledger = new Ledger(createVirtualClock(0));
  for (const id of ["a", "b", "c", "d", "e"]) ledger.show(id);
  ledger.sent(batch("1", ["a", "b"]));
  ledger.receipt(receipt("1", { stored: [[0, 0]], rejected: [{ position: 1, code: "wrong", reason: "it is" }] }));
  const totals = ledger.totals({ waiting: [2], deadLetters: [3] });
  expect(totals).toMatchObject({ shown: 5, receipted: 1, rejected: 1, waiting: 1, deadLettered: 1, lost: 1 });
});

test("a receipt for a batch that was sent twice settles its readings once", async () => {
  const clock = createVirtualClock(0);
  const ledger = new Ledger(clock);
  for (const id of ["a", "b"]) ledger.show(id);
  ledger.sent(batch("1", ["a", "b"]));
  await clock.advance(100);
  ledger.sent(batch("2", ["a", "b"]));
  await clock.advance(50);
  ledger.receipt(receipt("2", { stored: [[0, 1]] }));
  ledger.receipt(receipt("1", { duplicate: [[0, 1]] }));
  ledger.receipt(receipt("1", { duplicate: [[0, 1]] }));
  expect(ledger.totals(none)).toMatchObject({ receipted: 2, lost: 0, answeredDuplicate: 2 });
  expect(ledger.totals(none).deliveryMs).toMatchObject({ count: 2, max: 150 });
  expect(ledger.totals(none).receiptMs).toMatchObject({ count: 2, max: 150 });
});

test("a milestone is reached by the last of the readings that it waits for, and by no later one", async () => {
  const clock = createVirtualClock(0);
  const ledger = new Ledger(clock);
  for (const id of ["a", "b"]) ledger.show(id);
  const milestone = ledger.milestone();
  expect(milestone.readings).toBe(2);
  ledger.show("c");
  ledger.sent(batch("1", ["a", "b", "c"]));
  ledger.receipt(receipt("1", { stored: [[1, 2]] }));
  await clock.advance(1_000);
  ledger.sent(batch("2", ["a"]));
  ledger.receipt(receipt("2", { stored: [[0, 0]] }));
  expect(await milestone.reached).toBe(1_000);
  expect(await ledger.milestone().reached).toBe(1_000);
});

test("the same reading is shown once, and receipts of nobody's batches change nothing", () => {
  const ledger = new Ledger(createVirtualClock(0));
  expect(ledger.show("a")).toBe(0);
  expect(ledger.show("a")).toBeNull();
  ledger.receipt(receipt("unknown", { stored: [[0, 0]] }));
  for (const noReceipt of ["", "{", "[]", '{"v":2}']) ledger.receipt(Buffer.from(noReceipt));
  expect(ledger.fates()).toEqual(new Map([["a", "open"]]));
});
