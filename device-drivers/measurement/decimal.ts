/**
 * A number as IEEE 11073-20601 sends it: `mantissa · 10^exponent`, both integers, never a binary float.
 * The exponent also carries the device's resolution: 60e-1 is "6.0" and stays "6.0".
 */
export interface Decimal {
  /** A safe integer. */
  readonly mantissa: number;
  readonly exponent: number;
}

/** The five values of an SFLOAT or a FLOAT that are not numbers. */
export type SpecialValue = "nan" | "not-at-this-resolution" | "positive-infinity" | "negative-infinity" | "reserved";

export type MedicalNumber = Decimal | SpecialValue;

export const isDecimal = (value: MedicalNumber): value is Decimal => typeof value !== "string";

/** Multiplies by a power of ten, which changes the exponent only, so it is exact. */
export const scaleByPowerOfTen = (value: Decimal, power: number): Decimal => ({
  mantissa: value.mantissa,
  exponent: value.exponent + power,
});

/** The plain decimal text, with the zeros that the resolution implies: 60e-1 is "6.0", 12e1 is "120". */
export function decimalText({ mantissa, exponent }: Decimal): string {
  if (exponent === 0) return String(mantissa);
  const sign = mantissa < 0 ? "-" : "";
  const digits = String(Math.abs(mantissa));
  if (exponent > 0) return mantissa === 0 ? "0" : sign + digits + "0".repeat(exponent);
  const padded = digits.padStart(1 - exponent, "0");
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

/** Exact order of two decimals: negative, zero or positive, without leaving integers. */
export function compareDecimals(left: Decimal, right: Decimal): number {
  if (left.exponent === right.exponent) return left.mantissa - right.mantissa;
  const exponent = Math.min(left.exponent, right.exponent);
  const a = BigInt(left.mantissa) * 10n ** BigInt(left.exponent - exponent);
  const b = BigInt(right.mantissa) * 10n ** BigInt(right.exponent - exponent);
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
