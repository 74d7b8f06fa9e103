import { expect, test } from "vitest";
import { compareDecimals, decimalText, scaleByPowerOfTen } from "../../../device-drivers/measurement/decimal.ts";

test("a decimal is written with the digits of its resolution", () => {
  const texts = [
    [{ mantissa: 60, exponent: -1 }, "6.0"],
    [{ mantissa: 104, exponent: -5 }, "0.00104"],
    [{ mantissa: 12, exponent: 1 }, "120"],
    [{ mantissa: 0, exponent: 3 }, "0"],
    [{ mantissa: 0, exponent: -2 }, "0.00"],
    [{ mantissa: -162, exponent: -1 }, "-16.2"],
    [{ mantissa: -1, exponent: -1 }, "-0.1"],
  ] as const;
  for (const [decimal, text] of texts) expect(decimalText(decimal)).toBe(text);
});

test("a scaled decimal keeps every digit where a binary float loses the last", () => {
  expect(0.000_26 * 100_000).not.toBe(26);
  expect(decimalText(scaleByPowerOfTen({ mantissa: 26, exponent: -5 }, 5))).toBe("26");
});

test("decimals are ordered by their values, whatever their exponents", () => {
  const ascending = [
    { mantissa: -162, exponent: -1 },
    { mantissa: -5, exponent: 0 },
    { mantissa: 0, exponent: 7 },
    { mantissa: 17, exponent: -1 },
    { mantissa: 2, exponent: 0 },
    { mantissa: 2, exponent: 3 },
  ];
  expect(ascending.toReversed().toSorted(compareDecimals)).toEqual(ascending);
  expect(compareDecimals({ mantissa: 20, exponent: -1 }, { mantissa: 2, exponent: 0 })).toBe(0);
});
