import { expect, test } from "vitest";
import { decodeEvent, encodeCommand } from "../../../../simulators/bluetooth/host/hci-packet.ts";

const event = (code: number, ...parameters: readonly number[]): Uint8Array =>
  Uint8Array.of(0x04, code, parameters.length, ...parameters);

test("a command is its opcode, its length and its parameters", () => {
  expect([...encodeCommand(0x2006, Uint8Array.of(1, 2))]).toEqual([0x01, 0x06, 0x20, 2, 1, 2]);
});

test("both kinds of connection event say who connected", () => {
  const fields = [0x00, 0x40, 0x00, 0x01, 0x01, 1, 2, 3, 4, 5, 0xc6];
  const connected = {
    type: "connected",
    handle: 0x40,
    isPeripheral: true,
    peer: { kind: "random", octets: Uint8Array.of(1, 2, 3, 4, 5, 0xc6) },
  };
  expect(decodeEvent(event(0x3e, 0x01, ...fields, 24, 0, 0, 0, 42, 0, 0))).toEqual(connected);
  expect(decodeEvent(event(0x3e, 0x0a, ...fields, ...new Uint8Array(12), 24, 0, 0, 0, 42, 0, 0))).toEqual(connected);
});

test("a connection that failed is no connection", () => {
  expect(decodeEvent(event(0x3e, 0x01, 0x3e, ...new Uint8Array(17)))).toBeNull();
});

test("a refreshed key is encryption as well, and a failed one is none", () => {
  expect(decodeEvent(event(0x08, 0, 0x40, 0, 1))).toEqual({ type: "encryption", handle: 0x40, isEncrypted: true });
  expect(decodeEvent(event(0x30, 0, 0x40, 0))).toEqual({ type: "encryption", handle: 0x40, isEncrypted: true });
  expect(decodeEvent(event(0x08, 6, 0x40, 0, 1))).toEqual({ type: "encryption", handle: 0x40, isEncrypted: false });
});

test("a key is asked for by its numbers", () => {
  expect(decodeEvent(event(0x3e, 0x05, 0x40, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x34, 0x12))).toEqual({
    type: "key-wanted",
    handle: 0x40,
    random: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    diversifier: 0x1234,
  });
});

test("completed packets are counted for each connection", () => {
  expect(decodeEvent(event(0x13, 2, 0x40, 0, 3, 0, 0x41, 0, 1, 0))).toEqual({
    type: "packets-completed",
    completed: [
      { handle: 0x40, packets: 3 },
      { handle: 0x41, packets: 1 },
    ],
  });
});

test("events that are cut short, say a wrong length, or mean nothing to a peripheral are no events", () => {
  expect(decodeEvent(event(0x05, 0))).toBeNull();
  expect(decodeEvent(event(0x13, 9, 0x40, 0))).toBeNull();
  expect(decodeEvent(Uint8Array.of(0x04, 0x05, 4, 0))).toBeNull();
  expect(decodeEvent(event(0x3e))).toBeNull();
  expect(decodeEvent(event(0xff, 1, 2))).toBeNull();
  expect(decodeEvent(Uint8Array.of(0x04))).toBeNull();
});
