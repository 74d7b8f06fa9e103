import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readAsUtc, siteZone } from "../../../gateway/collect/site-zone.ts";
import { deviceTime } from "./measurement-samples.ts";

const berlin = siteZone("Europe/Berlin");

test("a local time gets the offset that was valid at that local time", () => {
  expect(berlin.iso(berlin.instantOf(deviceTime("2026-01-15T12:00:00")).at)).toBe("2026-01-15T12:00:00.000+01:00");
  expect(berlin.iso(berlin.instantOf(deviceTime("2026-07-15T12:00:00")).at)).toBe("2026-07-15T12:00:00.000+02:00");
  const kathmandu = siteZone("Asia/Kathmandu");
  expect(kathmandu.iso(kathmandu.instantOf(deviceTime("2026-07-15T12:00:00")).at)).toBe(
    "2026-07-15T12:00:00.000+05:45",
  );
});

test("a local time that clocks were put back over comes twice", () => {
  const shown = berlin.instantOf(deviceTime("2026-10-25T02:30:00"));
  expect(shown).toEqual({
    at: Date.UTC(2026, 9, 25, 0, 30),
    occurs: "twice",
    orAt: Date.UTC(2026, 9, 25, 1, 30),
  });
});

test("a local time that clocks were put forward over never comes", () => {
  const shown = berlin.instantOf(deviceTime("2026-03-29T02:30:00"));
  expect(shown).toEqual({ at: Date.UTC(2026, 2, 29, 1, 30), occurs: "never", orAt: Date.UTC(2026, 2, 29, 0, 30) });
});

test("every instant is one of the readings of its own local time, in every zone and year", () => {
  const zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tehran", "Pacific/Apia"];
  fc.assert(
    fc.property(
      fc.constantFrom(...zones).map(siteZone),
      fc.integer({ min: Date.UTC(2010, 0, 1) / 1000, max: Date.UTC(2040, 0, 1) / 1000 }),
      (zone, second) => {
        const at = second * 1000;
        const local = zone.localTime(at);
        const shown = zone.instantOf(local);
        expect([shown.at, shown.orAt]).toContain(at);
        expect(shown.occurs).not.toBe("never");
        expect(readAsUtc(local) - at).toBe(zone.utcOffsetMs(at));
        expect(Date.parse(zone.iso(at))).toBe(at);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("the milliseconds of an instant do not change its offset", () => {
  expect(berlin.utcOffsetMs(Date.UTC(2026, 2, 29, 0, 59, 59, 999))).toBe(3_600_000);
  expect(berlin.iso(Date.UTC(2026, 2, 29, 1, 0, 0, 1))).toBe("2026-03-29T03:00:00.001+02:00");
  expect(siteZone("America/New_York").iso(Date.UTC(2026, 0, 1, 4, 59, 59, 999))).toBe("2025-12-31T23:59:59.999-05:00");
});

test("a zone that there is not is refused", () => {
  expect(() => siteZone("Mars/Olympus")).toThrow(RangeError);
});
