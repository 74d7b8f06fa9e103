import { expect, test } from "vitest";
import { answerSignal, parameterUpdateRequest } from "../../../../simulators/bluetooth/l2cap/le-signalling.ts";

const answer = (...signal: readonly number[]): readonly number[] | null => {
  const answered = answerSignal(Uint8Array.from(signal));
  return answered === null ? null : [...answered];
};

test("what is not understood is rejected with the identifier of the request", () => {
  expect(answer(0x0a, 7, 2, 0, 2, 0)).toEqual([0x01, 7, 2, 0, 0, 0]);
});

test("a central may not ask a peripheral for other parameters", () => {
  expect(answer(0x12, 3, 8, 0, 6, 0, 12, 0, 0, 0, 200, 0)).toEqual([0x01, 3, 2, 0, 0, 0]);
});

test("there is no channel to be connected to", () => {
  expect(answer(0x14, 1, 10, 0, 0x80, 0, 0x40, 0, 23, 0, 23, 0, 1, 0)).toEqual([
    0x15, 1, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0,
  ]);
  expect(answer(0x17, 1, 10, 0, 0x27, 0, 64, 0, 64, 0, 1, 0, 0x40, 0)).toEqual([0x18, 1, 8, 0, 0, 0, 0, 0, 0, 0, 2, 0]);
});

test("what is longer than the channel takes is rejected, and told how long it may be", () => {
  expect(answer(0x0a, 9, 20, 0, ...new Uint8Array(20))).toEqual([0x01, 9, 4, 0, 1, 0, 23, 0]);
});

test("a signal of another length than it says is not understood", () => {
  expect(answer(0x14, 1, 10, 0, 0x80, 0)).toEqual([0x01, 1, 2, 0, 0, 0]);
});

test("answers, signals without an identifier, and half a header are not answered", () => {
  expect(answer(0x01, 1, 2, 0, 0, 0)).toBeNull();
  expect(answer(0x13, 1, 2, 0, 0, 0)).toBeNull();
  expect(answer(0x0a, 0, 2, 0, 2, 0)).toBeNull();
  expect(answer(0x0a, 1, 2)).toBeNull();
  expect(answer()).toBeNull();
});

test("a device asks for the parameters that it wants", () => {
  const wanted = { intervalMin: 24, intervalMax: 40, latency: 4, supervisionTimeout: 600 };
  expect([...parameterUpdateRequest(1, wanted)]).toEqual([0x12, 1, 8, 0, 24, 0, 40, 0, 4, 0, 0x58, 2]);
});

test("a channel that is not there cannot be closed, and both its ends are named", () => {
  expect(answer(0x06, 5, 4, 0, 0x40, 0, 0x41, 0)).toEqual([0x01, 5, 6, 0, 2, 0, 0x40, 0, 0x41, 0]);
  expect(answer(0x06, 5, 2, 0, 0x40, 0)).toEqual([0x01, 5, 2, 0, 0, 0]);
});
