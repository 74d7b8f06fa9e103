import { expect, test } from "vitest";
import { channels, encodeFrame, FrameAssembler } from "../../../../simulators/bluetooth/l2cap/frame-assembler.ts";

const frame = { channel: channels.att, payload: Uint8Array.of(0x0a, 0x03, 0x00) };
const octets = Uint8Array.of(3, 0, 4, 0, 0x0a, 0x03, 0x00);

test("a frame is its length, its channel and its payload", () => {
  expect(encodeFrame(frame)).toEqual(octets);
  expect(new FrameAssembler(23).take(true, octets)).toEqual(frame);
});

test("a frame comes whole, however it is cut, also within its header", () => {
  for (let cut = 0; cut <= octets.length; cut += 1) {
    const assembler = new FrameAssembler(23);
    const first = assembler.take(true, octets.subarray(0, cut));
    expect(first ?? assembler.take(false, octets.subarray(cut))).toEqual(frame);
  }
});

test("what continues nothing is dropped", () => {
  const assembler = new FrameAssembler(23);
  expect(assembler.take(false, octets)).toBeNull();
  expect(assembler.take(true, octets)).toEqual(frame);
  expect(assembler.take(false, Uint8Array.of(1))).toBeNull();
});

test("a frame that is broken off by another is dropped, and the other is taken", () => {
  const assembler = new FrameAssembler(23);
  expect(assembler.take(true, octets.subarray(0, 5))).toBeNull();
  expect(assembler.take(true, octets)).toEqual(frame);
});

test("a frame longer than its length says, or than anything may be, is dropped with all that continues it", () => {
  const assembler = new FrameAssembler(23);
  expect(assembler.take(true, Uint8Array.of(...octets, 0xff))).toBeNull();
  expect(assembler.take(false, Uint8Array.of(1, 2, 3))).toBeNull();
  expect(assembler.take(true, Uint8Array.of(24, 0, 4, 0))).toBeNull();
  expect(assembler.take(false, new Uint8Array(24))).toBeNull();
  expect(assembler.take(true, octets)).toEqual(frame);
});

test("an empty payload is a frame", () => {
  const empty = { channel: channels.securityManager, payload: new Uint8Array(0) };
  expect(new FrameAssembler(23).take(true, encodeFrame(empty))).toEqual(empty);
});

test("fragments without an octet neither end a frame nor pile up", () => {
  const assembler = new FrameAssembler(23);
  assembler.take(true, octets.subarray(0, 2));
  for (let round = 0; round < 10_000; round += 1) expect(assembler.take(false, new Uint8Array(0))).toBeNull();
  expect(assembler.take(false, octets.subarray(2))).toEqual(frame);
});
