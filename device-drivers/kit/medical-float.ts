import { isDecimal } from "../measurement/decimal.ts";
import type { Decimal, MedicalNumber, SpecialValue } from "../measurement/decimal.ts";

/**
 * The decimal floating-point numbers of IEEE 11073-20601: SFLOAT (16 bits: 4 exponent, 12 mantissa) and FLOAT (32 bits:
 * 8 exponent, 24 mantissa), both parts in two's complement. Five mantissas are not numbers when the exponent is 0; with
 * any other exponent the same mantissas are ordinary numbers (F7FF is 204.7, not NaN).
 */
export function decodeSfloat(raw: number): MedicalNumber {
  const mantissa = (raw << 20) >> 20;
  const exponent = (raw << 16) >> 28;
  if (exponent === 0 && (mantissa >= 2046 || mantissa <= -2046)) return specialOf(mantissa, sfloat);
  return { mantissa, exponent };
}

/** The 16 bits of a number. Throws `RangeError` if no SFLOAT says exactly this. */
export const encodeSfloat = (number: MedicalNumber): number => encode(number, sfloat);

/** The number behind 32 bits, given as an unsigned or a signed integer. */
export function decodeFloat(raw: number): MedicalNumber {
  const mantissa = (raw << 8) >> 8;
  const exponent = raw >> 24;
  if (exponent === 0 && (mantissa >= 0x7ffffe || mantissa <= -0x7ffffe)) return specialOf(mantissa, float);
  return { mantissa, exponent };
}

/** The 32 bits of a number, unsigned. Throws `RangeError` if no FLOAT says exactly this. */
export const encodeFloat = (number: MedicalNumber): number => encode(number, float);

interface Layout {
  readonly name: string;
  readonly mantissaBits: number;
  readonly exponentBits: number;
}

const sfloat: Layout = { name: "SFLOAT", mantissaBits: 12, exponentBits: 4 };
const float: Layout = { name: "FLOAT", mantissaBits: 24, exponentBits: 8 };

/** The special values by their mantissa's distance from the lowest mantissa, modulo the mantissa's range. */
const specials: readonly SpecialValue[] = ["not-at-this-resolution", "reserved", "negative-infinity"];

function specialOf(mantissa: number, { mantissaBits }: Layout): SpecialValue {
  const highest = 2 ** (mantissaBits - 1) - 1;
  if (mantissa === highest) return "nan";
  if (mantissa === highest - 1) return "positive-infinity";
  return specials[mantissa + highest + 1] ?? "nan";
}

function mantissaOfSpecial(special: SpecialValue, { mantissaBits }: Layout): number {
  const highest = 2 ** (mantissaBits - 1) - 1;
  if (special === "nan") return highest;
  if (special === "positive-infinity") return highest - 1;
  return -highest - 1 + specials.indexOf(special);
}

function encode(number: MedicalNumber, layout: Layout): number {
  const { mantissa, exponent } = isDecimal(number)
    ? fit(number, layout)
    : { mantissa: mantissaOfSpecial(number, layout), exponent: 0 };
  const exponentField = exponent & (2 ** layout.exponentBits - 1);
  return ((exponentField << layout.mantissaBits) | (mantissa & (2 ** layout.mantissaBits - 1))) >>> 0;
}

/** The same value with a mantissa and an exponent that the layout holds; the given ones wherever they already do. */
function fit(number: Decimal, layout: Layout): Decimal {
  const mantissaMax = 2 ** (layout.mantissaBits - 1) - 1;
  const exponentMax = 2 ** (layout.exponentBits - 1) - 1;
  let { mantissa, exponent } = number;
  const mantissaFits = (): boolean => mantissa <= mantissaMax && mantissa >= -mantissaMax - 1;
  while (mantissa !== 0 && mantissa % 10 === 0 && (!mantissaFits() || exponent < -exponentMax - 1)) {
    mantissa /= 10;
    exponent += 1;
  }
  while (mantissa !== 0 && exponent > exponentMax && mantissaFits()) {
    mantissa *= 10;
    exponent -= 1;
  }
  if (mantissa === 0) exponent = Math.max(-exponentMax - 1, Math.min(exponentMax, exponent));
  const special = exponent === 0 && Math.abs(mantissa) >= mantissaMax - 1;
  if (special || !mantissaFits() || exponent > exponentMax || exponent < -exponentMax - 1) {
    throw new RangeError(`${number.mantissa}e${number.exponent} does not fit ${layout.name}.`);
  }
  return { mantissa, exponent };
}
