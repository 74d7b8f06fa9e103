import * as fc from "fast-check";
import { decodeSfloat } from "../../device-drivers/kit/medical-float.ts";
import type { MedicalNumber } from "../../device-drivers/measurement/decimal.ts";
import type { DeviceDateTime } from "../../device-drivers/measurement/device-time.ts";

/** What frames are made of, for properties: every value that its field can hold. */
export const uintOf = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 });

export const uint8 = uintOf(8);
export const uint16 = uintOf(16);
export const uint32 = uintOf(32);
export const int16 = fc.integer({ min: -0x8000, max: 0x7fff });

export const sfloat: fc.Arbitrary<MedicalNumber> = uint16.map(decodeSfloat);

/** Pressures that a cuff can have, in whole units, in tenths, and the special values. */
export const pressure: fc.Arbitrary<MedicalNumber> = fc.oneof(
  fc.integer({ min: 0, max: 999 }).map((mantissa) => ({ mantissa, exponent: 0 })),
  fc.integer({ min: 0, max: 2047 }).map((mantissa) => ({ mantissa, exponent: -1 })),
  fc.constant({ mantissa: -1, exponent: -1 }),
  fc.constantFrom<MedicalNumber>("nan", "not-at-this-resolution", "positive-infinity", "negative-infinity", "reserved"),
);

export const orNull = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null });

/** Every date of the calendar from 1582 on, and dates of which the device does not know a part. */
export const dateTime: fc.Arbitrary<DeviceDateTime> = fc.oneof(
  fc
    .date({ min: new Date("1582-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true })
    .map((date) => ({
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hours: date.getUTCHours(),
      minutes: date.getUTCMinutes(),
      seconds: date.getUTCSeconds(),
    })),
  fc.record({
    year: fc.constantFrom(0, 2024),
    month: fc.integer({ min: 0, max: 12 }),
    day: fc.integer({ min: 0, max: 28 }),
    hours: fc.integer({ min: 0, max: 23 }),
    minutes: fc.integer({ min: 0, max: 59 }),
    seconds: fc.integer({ min: 0, max: 59 }),
  }),
);

export const dateTimeOrInvalid: fc.Arbitrary<DeviceDateTime | "invalid"> = fc.oneof(
  { arbitrary: dateTime, weight: 9 },
  { arbitrary: fc.constant("invalid" as const), weight: 1 },
);
