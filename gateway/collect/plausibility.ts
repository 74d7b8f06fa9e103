import type { Reading } from "../../cloud-sync/contract/reading.ts";
import { compareDecimals, type Decimal } from "../../device-drivers/measurement/decimal.ts";
import { decimalOf } from "./lane.ts";

/**
 * Why a reading cannot be true of anybody, or null. The bounds are far outside of what devices can show (meters end at
 * 600 mg/dL, cuffs at 300 mmHg), so what breaks them is a fault of the device or of its bytes. Such a reading is set
 * aside whole, not delivered and not lost.
 */
export function implausible(reading: Reading): string | null {
  if (reading.kind === "blood-pressure") return implausiblePressure(reading);
  const { concentration } = reading;
  if (!("value" in concentration)) return null;
  const value = decimalOf(concentration.value);
  return isWithin(value, zero, concentrationMax[concentration.unit])
    ? null
    : `the concentration is not between 0 and ${concentrationMax[concentration.unit].mantissa} ${concentration.unit}`;
}

const zero: Decimal = { mantissa: 0, exponent: 0 };
const concentrationMax: Readonly<Record<"mg/dL" | "mmol/L", Decimal>> = {
  "mg/dL": { mantissa: 2000, exponent: 0 },
  "mmol/L": { mantissa: 111, exponent: 0 },
};
const pressureMax: Decimal = { mantissa: 400, exponent: 0 };
const pulseMax: Decimal = { mantissa: 400, exponent: 0 };

function implausiblePressure(reading: Extract<Reading, { kind: "blood-pressure" }>): string | null {
  const systolic = decimalOf(reading.systolic.value);
  const diastolic = decimalOf(reading.diastolic.value);
  if (!isWithin(systolic, zero, pressureMax)) return "the systolic pressure is not between 0 and 400 mmHg";
  if (!isWithin(diastolic, zero, pressureMax)) return "the diastolic pressure is not between 0 and 400 mmHg";
  if (compareDecimals(systolic, diastolic) < 0) return "the systolic pressure is below the diastolic";
  const pulse = reading.pulseRate === null ? null : decimalOf(reading.pulseRate.value);
  return pulse === null || isWithin(pulse, zero, pulseMax) ? null : "the pulse rate is not between 0 and 400 /min";
}

const isWithin = (value: Decimal, min: Decimal, max: Decimal): boolean =>
  compareDecimals(value, min) >= 0 && compareDecimals(value, max) <= 0;
