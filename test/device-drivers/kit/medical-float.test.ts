import { expect, test } from "vitest";
import { decodeFloat, decodeSfloat, encodeFloat, encodeSfloat } from "../../../device-drivers/kit/medical-float.ts";

test("an SFLOAT with the mantissa of NaN and another exponent is an ordinary number", () => {
  expect(decodeSfloat(0xf7ff)).toEqual({ mantissa: 2047, exponent: -1 });
});

test("the filler FFFF is the number -0.1", () => {
  expect(decodeSfloat(0xffff)).toEqual({ mantissa: -1, exponent: -1 });
});

test("a FLOAT is not an IEEE 754 number", () => {
  expect(decodeFloat(0xfe000eb0)).toEqual({ mantissa: 3760, exponent: -2 });
  expect(decodeFloat(0x7fffffff)).toEqual({ mantissa: -1, exponent: 127 });
});

test("a number whose mantissa is too long is encoded exactly with another exponent where there is one", () => {
  expect(decodeSfloat(encodeSfloat({ mantissa: 12_000, exponent: -2 }))).toEqual({ mantissa: 1200, exponent: -1 });
  expect(decodeSfloat(encodeSfloat({ mantissa: 3, exponent: 9 }))).toEqual({ mantissa: 300, exponent: 7 });
  expect(decodeSfloat(encodeSfloat({ mantissa: 100, exponent: -10 }))).toEqual({ mantissa: 1, exponent: -8 });
  expect(decodeSfloat(encodeSfloat({ mantissa: 0, exponent: -12 }))).toEqual({ mantissa: 0, exponent: -8 });
  expect(decodeFloat(encodeFloat({ mantissa: 83_886_070, exponent: 0 }))).toEqual({ mantissa: 8_388_607, exponent: 1 });
});

test("a number that no SFLOAT says is refused, not rounded", () => {
  const unsayable = [
    { mantissa: 20_481, exponent: 0 },
    { mantissa: 1, exponent: -9 },
    { mantissa: 1, exponent: 11 },
    // The bits of these are taken by the special values.
    { mantissa: 2046, exponent: 0 },
    { mantissa: -2048, exponent: 0 },
  ];
  for (const number of unsayable) expect(() => encodeSfloat(number)).toThrow(RangeError);
});
