import { expect, test } from "vitest";
import {
  addMinutes,
  displayedTime,
  dateTimeField,
  decodeDateTime,
  encodeDateTime,
} from "../../../device-drivers/kit/date-time.ts";
import { octets } from "../vectors.ts";

const noon = { year: 2024, month: 2, day: 29, hours: 12, minutes: 0, seconds: 0 };

test("only dates that the calendar has are decoded", () => {
  const impossible = {
    "29 February of 2023": "E7 07 02 1D 00 00 00",
    "29 February of 1900": "6C 07 02 1D 00 00 00",
    "year 1581": "2D 06 01 01 00 00 00",
    "month 13": "E8 07 0D 01 00 00 00",
    "32 December": "E8 07 0C 20 00 00 00",
    "the filler FF": "FF FF FF FF FF FF FF",
  };
  for (const [what, hex] of Object.entries(impossible)) {
    expect([what, decodeDateTime(octets(hex))]).toMatchObject([what, { ok: false, error: { kind: "value" } }]);
  }
  expect(decodeDateTime(octets("D0 07 02 1D 00 00 00"))).toMatchObject({ ok: true, value: { year: 2000, day: 29 } });
});

test("a fault names the octets", () => {
  expect(decodeDateTime(octets("EA070D0C183536"))).toMatchObject({
    error: { field: "Date Time", reason: "No calendar has the date and time EA 07 0D 0C 18 35 36." },
  });
});

test("a date that no calendar has is not encoded, nor a part that is no integer", () => {
  expect(() => encodeDateTime({ ...noon, year: 2023 })).toThrow(RangeError);
  expect(() => encodeDateTime({ ...noon, seconds: 0.5 })).toThrow(RangeError);
  expect(() => encodeDateTime({ ...noon, minutes: -1 })).toThrow(RangeError);
});

test("an invalid date in a frame is written as the filler of a corrupt clock", () => {
  expect(dateTimeField("invalid")).toEqual(new Uint8Array(7).fill(0xff));
});

test("minutes are added across days, months and years, in both directions", () => {
  expect(addMinutes(noon, 720)).toEqual({ ...noon, month: 3, day: 1, hours: 0 });
  expect(addMinutes({ ...noon, month: 1, day: 1, hours: 0 }, -1)).toEqual({
    ...noon,
    year: 2023,
    month: 12,
    day: 31,
    hours: 23,
    minutes: 59,
  });
});

test("nothing is added to a date that is not known, nor beyond the years of Date Time", () => {
  expect(addMinutes({ ...noon, year: 0 }, 1)).toBeNull();
  expect(addMinutes({ ...noon, year: 9999, month: 12, day: 31 }, 32_000)).toBeNull();
  expect(addMinutes({ ...noon, year: 1582, month: 1, day: 1 }, -32_000)).toBeNull();
});

test("a device showed its base time and the offset, unless the offset ran over or under", () => {
  // Glucose Measurement (2A18), Time Offset: 32767 is "Overrun" and 32768 "Underrun", all others are minutes.
  expect(displayedTime(noon, 0x7fff)).toBeNull();
  expect(displayedTime(noon, -0x8000)).toBeNull();
  expect(displayedTime(noon, 0x7ffe)).toEqual(addMinutes(noon, 32_766));
  expect(displayedTime(noon, -0x7fff)).toEqual(addMinutes(noon, -32_767));
  expect(displayedTime(noon, null)).toEqual(noon);
  expect(displayedTime({ ...noon, month: 0 }, null)).toBeNull();
});
