import { isDecimal, scaleByPowerOfTen } from "../measurement/decimal.ts";
import type { Decimal, MedicalNumber, SpecialValue } from "../measurement/decimal.ts";
import { dateTimeText, isKnown } from "../measurement/device-time.ts";
import type { DeviceDateTime } from "../measurement/device-time.ts";
import type { DecodeFault } from "./decode-fault.ts";
import { ok } from "./result.ts";
import type { Result } from "./result.ts";

/** One characteristic as people and other programs read it: named fields with units, names for numbers. */
export type DecodedFields = Readonly<Record<string, FieldValue>>;

export type FieldValue = string | number | boolean | null | Decimal | QuantityField | readonly (string | number)[];

export interface QuantityField {
  /** Null where there is no number; `special` then says which of the five special values it is, if any. */
  readonly value: Decimal | null;
  readonly unit: string;
  readonly special?: string;
}

/** Fields of which some may be absent, without those. */
export function fieldsOf(fields: Readonly<Record<string, FieldValue | undefined>>): DecodedFields {
  const present: Record<string, FieldValue> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) present[name] = value;
  }
  return present;
}

/** The fields of a frame that was decoded, or the fault as it is. */
export const showFrame = <Frame>(
  frame: Result<Frame, DecodeFault>,
  show: (frame: Frame) => Readonly<Record<string, FieldValue | undefined>>,
): Result<DecodedFields, DecodeFault> => (frame.ok ? ok(fieldsOf(show(frame.value))) : frame);

export const quantity = (number: MedicalNumber, unit: string): QuantityField =>
  isDecimal(number) ? { value: number, unit } : { value: null, special: specialNames[number], unit };

/** An integer, times a power of ten, with its unit; null has no value and no special. */
export const count = (integer: number | null, unit: string, exponent = 0): QuantityField => ({
  value: integer === null ? null : { mantissa: integer, exponent },
  unit,
});

/** The same quantity in a unit that is a power of ten smaller, exactly. */
export const scaled = (number: MedicalNumber, power: number, unit: string): QuantityField =>
  quantity(isDecimal(number) ? scaleByPowerOfTen(number, power) : number, unit);

/** Undefined for what the frame does not hold. */
export const whenPresent = <Value, Shown>(value: Value | null, show: (value: Value) => Shown): Shown | undefined =>
  value === null ? undefined : show(value);

export const timeText = (time: DeviceDateTime | "invalid"): string => (time === "invalid" ? time : dateTimeText(time));

/** Does the device know this date? Neither a date with zeros nor an impossible one is known. */
export const timeIsKnown = (time: DeviceDateTime | "invalid"): boolean => time !== "invalid" && isKnown(time);

/** The names of IEEE 11073-20601. */
export const specialNames: Readonly<Record<SpecialValue, string>> = {
  nan: "NaN",
  "positive-infinity": "+INF",
  "negative-infinity": "-INF",
  "not-at-this-resolution": "NRes",
  reserved: "RFU",
};
