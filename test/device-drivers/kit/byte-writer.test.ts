import { expect, test } from "vitest";
import { ByteReader } from "../../../device-drivers/kit/byte-reader.ts";
import { ByteWriter } from "../../../device-drivers/kit/byte-writer.ts";
import { fromHex, toHex } from "../../../device-drivers/kit/hex.ts";
import { octets } from "../vectors.ts";

test("fields are written and read least octet first, except where a vendor turns them round", () => {
  const bytes = new ByteWriter().uint8(1).int8(-2).uint16(0x0304).uint16BigEndian(0x0506).int16(-2).uint32(0x0708090a);
  expect(toHex(bytes.bytes())).toBe("01FE04030506FEFF0A090807");
  const reader = new ByteReader(bytes.bytes());
  expect([reader.uint8(), reader.int8(), reader.uint16(), reader.uint16BigEndian(), reader.int16()]).toEqual([
    1, -2, 0x0304, 0x0506, -2,
  ]);
  expect([reader.uint32(), reader.remaining, reader.offset]).toEqual([0x0708090a, 0, 12]);
});

test("a value that does not fit its field is refused, not cut", () => {
  const writer = new ByteWriter();
  expect(() => writer.uint8(256)).toThrow(RangeError);
  expect(() => writer.uint16(-1)).toThrow(RangeError);
  expect(() => writer.uint32(2 ** 32)).toThrow(RangeError);
  expect(() => writer.int8(128)).toThrow(RangeError);
  expect(() => writer.int16(1.5)).toThrow(RangeError);
  expect(() => writer.uint8(Number.NaN)).toThrow(RangeError);
  expect(writer.bytes()).toEqual(new Uint8Array());
});

test("to read past the end is a defect, and throws", () => {
  expect(() => new ByteReader(octets("01")).uint16()).toThrow(RangeError);
});

test("what is left of a frame is a copy, because the radio may use its buffer again", () => {
  const frame = octets("010203");
  const rest = new ByteReader(frame, 1).rest();
  frame.fill(0);
  expect(rest).toEqual(octets("0203"));
});

test("only whole octets of hexadecimal digits are octets", () => {
  expect(fromHex("0a0B")).toEqual(Uint8Array.of(10, 11));
  for (const text of ["0", "0g", "0x01", "01 02", "٠١"]) expect(fromHex(text)).toBeNull();
});
