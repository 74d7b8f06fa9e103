import { expect, test } from "vitest";
import { portUuid } from "../../../../gateway/radio/noble/noble-uuid.ts";

test.each([
  ["180a", "180A"],
  ["18a", "018A"],
  ["0000180a00001000800000805f9b34fb", "180A"],
  ["0000180A-0000-1000-8000-00805F9B34FB", "180A"],
  ["1234180a", "1234180A-0000-1000-8000-00805F9B34FB"],
  ["000102030405060708090a0b0c0d0e0f", "00010203-0405-0607-0809-0A0B0C0D0E0F"],
  ["", "0000"],
])("%s is %s to the GATT port", (noble, port) => {
  expect(portUuid(noble)).toBe(port);
});
