import { expect, test } from "vitest";
import {
  adjustReasonNames,
  decodeCurrentTime,
  decodeTimeWithDst,
  encodeDayDateTime,
} from "../../../../device-drivers/profiles/current-time/codec.ts";
import {
  decodeReferenceTimeInformation,
  decodeTimeZone,
  encodeDstOffset,
  encodeReferenceTimeInformation,
  encodeTimeZone,
} from "../../../../device-drivers/profiles/current-time/zone-codec.ts";
import { octets } from "../../vectors.ts";

test("a day of the week is taken as it is sent, wrong or unknown, but there is no eighth", () => {
  const days = Array.from({ length: 9 }, (_, day) => decodeCurrentTime(octets(`E9070101000000 0${day} 0000`)).ok);
  expect(days).toEqual([true, true, true, true, true, true, true, true, false]);
  const time = { year: 2025, month: 1, day: 1, hours: 0, minutes: 0, seconds: 0 };
  expect(() => encodeDayDateTime({ time, dayOfWeek: 8 })).toThrow(RangeError);
});

test("a clock may have been set for several reasons, and reserved ones are ignored", () => {
  expect(adjustReasonNames(0xff)).toEqual(["manual", "external_reference", "time_zone_change", "dst_change"]);
});

test("a time zone is a quarter of an hour from -12 h to +14 h, or unknown", () => {
  const zones = ["D0", "38", "80", "CF", "39"].map((hex) => decodeTimeZone(octets(hex)));
  expect(zones).toMatchObject([{ value: -720 }, { value: 840 }, { value: null }, { ok: false }, { ok: false }]);
  for (const minutes of [7, 855, -735]) expect(() => encodeTimeZone(minutes)).toThrow(RangeError);
});

test("daylight saving is 0, 30, 60 or 120 minutes, or unknown", () => {
  expect(() => encodeDstOffset(90)).toThrow(RangeError);
  expect(decodeTimeWithDst(octets("E607060F0C1E00 03"))).toMatchObject({ ok: false, error: { field: "DST Offset" } });
});

test("a reference with a reserved source or hour is refused, in both directions", () => {
  expect(decodeReferenceTimeInformation(octets("08000000"))).toMatchObject({ error: { field: "Time Source" } });
  expect(decodeReferenceTimeInformation(octets("07FFFFFF"))).toMatchObject({ ok: true });
  const reference = { source: 1, accuracyEighths: 2, daysSinceUpdate: 5, hoursSinceUpdate: 24 };
  expect(() => encodeReferenceTimeInformation(reference)).toThrow(RangeError);
});
