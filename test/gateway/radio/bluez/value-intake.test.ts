import { expect, test } from "vitest";
import { ValueIntake } from "../../../../gateway/radio/bluez/value-intake.ts";

const soon = (): AbortSignal => AbortSignal.timeout(5_000);
const path = "/org/bluez/hci0/dev_X/service0001/char0002";
const nothing = (): Promise<void> => Promise.resolve();

test("equal values in a row are as many values", async () => {
  const intake = new ValueIntake([]);
  const subscription = intake.subscribe(path, nothing);
  for (const value of [9, 9, 9]) intake.accept(path, Uint8Array.of(value));
  expect(intake.waiting).toBe(3);
  for (let taken = 0; taken < 3; taken += 1) expect(await subscription.next(soon())).toEqual(Uint8Array.of(9));
  expect(intake.waiting).toBe(0);
});

test("a value that was read is not taken for one that was sent, and those beside it are kept", async () => {
  const intake = new ValueIntake([]);
  const subscription = intake.subscribe(path, nothing);
  intake.beginRead(path);
  for (const value of [5, 8, 5]) intake.accept(path, Uint8Array.of(value));
  intake.endRead(path, Uint8Array.of(5));
  intake.endRead(path, null);
  intake.accept(path, Uint8Array.of(5));
  expect(intake.waiting).toBe(3);
  for (const value of [5, 8, 5]) expect(await subscription.next(soon())).toEqual(Uint8Array.of(value));
});

test("a read that fails lets go of nothing", () => {
  const intake = new ValueIntake([]);
  intake.subscribe(path, nothing);
  intake.beginRead(path);
  intake.accept(path, Uint8Array.of(5));
  intake.endRead(path, null);
  expect(intake.waiting).toBe(1);
});

test("what comes before the subscription waits where bluetoothd enables by itself, up to a bound, and nowhere else", async () => {
  const intake = new ValueIntake([path]);
  intake.accept("/elsewhere", Uint8Array.of(1));
  for (let value = 0; value < 300; value += 1) intake.accept(path, Uint8Array.of(value % 256));
  const elsewhere = intake.subscribe("/elsewhere", nothing);
  const subscription = intake.subscribe(path, nothing);
  expect(intake.waiting).toBe(256);
  expect(await subscription.next(soon())).toEqual(Uint8Array.of(0));
  expect(await subscription.next(soon())).toEqual(Uint8Array.of(1));
  const nobody = new Error("nothing came");
  await expect(elsewhere.next(AbortSignal.abort(nobody))).rejects.toBe(nobody);
});
