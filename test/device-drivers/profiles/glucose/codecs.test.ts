import { expect, test } from "vitest";
import { decodeCharacteristic } from "../../../../device-drivers/characteristics.ts";
import {
  carbohydrateName,
  decodeGlucoseContext,
  healthName,
  mealName,
  medicationName,
  testerName,
} from "../../../../device-drivers/profiles/glucose/context-codec.ts";
import {
  decodeGlucoseMeasurement,
  glucoseTypeName,
  sampleLocationName,
} from "../../../../device-drivers/profiles/glucose/measurement-codec.ts";
import { octets } from "../../vectors.ts";

test("type is the low nibble and sample location the high one, each with its name", () => {
  expect(Array.from({ length: 12 }, (_, type) => glucoseTypeName(type))).toEqual([
    "reserved_0",
    "capillary_whole_blood",
    "capillary_plasma",
    "venous_whole_blood",
    "venous_plasma",
    "arterial_whole_blood",
    "arterial_plasma",
    "undetermined_whole_blood",
    "undetermined_plasma",
    "interstitial_fluid",
    "control_solution",
    "reserved_11",
  ]);
  expect([1, 2, 3, 4, 5, 15].map(sampleLocationName)).toEqual([
    "finger",
    "alternate_site_test",
    "earlobe",
    "control_solution",
    "reserved_5",
    "not_available",
  ]);
  const decoded = decodeGlucoseMeasurement(octets("02 0100 E807030F0E1E2D 6FB0 1A"));
  expect(decoded).toMatchObject({ value: { type: 10, sampleLocation: 1 } });
});

test("a month 13, which i-SENS meters count, keeps the concentration and leaves the time invalid", () => {
  const decoded = decodeGlucoseMeasurement(octets("02 0100 E8070D0F0E1E2D 6FB0 11"));
  expect(decoded).toMatchObject({
    ok: true,
    value: { baseTime: "invalid", concentration: { number: { mantissa: 111, exponent: -5 } } },
  });
});

test("reserved flag bits and octets after the last field change nothing", () => {
  const plain = decodeGlucoseMeasurement(octets("02 0100 E807030F0E1E2D 6FB0 11"));
  expect(decodeGlucoseMeasurement(octets("E2 0100 E807030F0E1E2D 6FB0 11 DEADBEEF"))).toEqual(plain);
});

test("a time offset that ran over or under gives no displayed time", () => {
  const shown = ["FF7F", "0080", "FE7F"].map((offset) => {
    const decoded = decodeCharacteristic("2A18", octets(`01 0100 E807030F0E1E2D ${offset}`));
    return decoded.ok ? decoded.value["userTime"] : decoded.error.reason;
  });
  expect(shown).toEqual([undefined, undefined, "2024-04-07T08:36:45"]);
});

test("a context with every field reads each from its place", () => {
  const decoded = decodeCharacteristic("2A34", octets("FF 0700 01 0132B0 02 51 8403 50 0314D0 3CF0"));
  expect(decoded).toMatchObject({
    ok: true,
    value: {
      sequenceNumber: 7,
      extendedFlags: 1,
      carbohydrateId: "breakfast",
      carbohydrate: { value: { mantissa: 50, exponent: -5 }, unit: "kg" },
      meal: "postprandial",
      tester: "self",
      health: "no_health_issues",
      exerciseDuration: { value: { mantissa: 900, exponent: 0 }, unit: "s" },
      exerciseIntensity: { value: { mantissa: 80, exponent: 0 }, unit: "%" },
      medicationId: "intermediate_acting_insulin",
      medication: { value: { mantissa: 20, exponent: -3 }, unit: "L" },
      hba1c: { value: { mantissa: 60, exponent: -1 }, unit: "%" },
    },
  });
});

test("an exercise that ran over the counter has no duration", () => {
  expect(decodeGlucoseContext(octets("08 6400 FFFF 50"))).toMatchObject({
    value: { exercise: { durationS: null, intensityPercent: 80 } },
  });
});

test("what the specification reserves is named by its number", () => {
  const names = [mealName(6), carbohydrateName(0), testerName(4), healthName(6), medicationName(9)];
  expect(names).toEqual(["reserved_6", "reserved_0", "reserved_4", "reserved_6", "reserved_9"]);
});
