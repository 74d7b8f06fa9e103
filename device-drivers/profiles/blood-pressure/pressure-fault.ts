import { isDecimal } from "../../measurement/decimal.ts";
import type { MedicalNumber } from "../../measurement/decimal.ts";
import type { DecodeFault } from "../../kit/decode-fault.ts";
import { valueFault } from "../../kit/frame-fault.ts";

/**
 * A number that no cuff can show as a pressure: below the air around it, or with four digits before the point. It is
 * the sign of octets that are not what the characteristic promises, so the frame must not be believed at all. It is not
 * a judgement on plausible blood pressure, which is the driver's. FFFF (-0.1) passes: devices fill a field that has no
 * value with it.
 */
export function pressureFault(field: string, pressure: MedicalNumber, offset: number): DecodeFault | null {
  if (!isDecimal(pressure)) return null;
  const { mantissa, exponent } = pressure;
  const isFiller = mantissa === -1 && exponent === -1;
  // With a negative exponent an SFLOAT ends at 204.7; with one of at most 7 the product is an exact integer.
  const isTooHigh = exponent >= 0 && mantissa * 10 ** exponent >= 1000;
  if ((mantissa >= 0 || isFiller) && !isTooHigh) return null;
  return valueFault(field, `${field} of ${mantissa}e${exponent} is not a pressure of a cuff.`, offset);
}
