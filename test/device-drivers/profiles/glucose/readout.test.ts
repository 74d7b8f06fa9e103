import { expect, test } from "vitest";
import type { Observed } from "../../../../device-drivers/kit/driver.ts";
import { decimalText, isDecimal, type MedicalNumber } from "../../../../device-drivers/measurement/decimal.ts";
import type { GlucoseContextFrame } from "../../../../device-drivers/profiles/glucose/context-codec.ts";
import {
  encodeGlucoseMeasurement,
  type GlucoseMeasurementFrame,
} from "../../../../device-drivers/profiles/glucose/measurement-codec.ts";
import { readoutOf } from "../../../../device-drivers/profiles/glucose/readout.ts";
import { defaultQuirks } from "../../../../device-drivers/vendors/defaults.ts";
import { plainFrame } from "../../glucose-lines.ts";

const emptyContext: GlucoseContextFrame = {
  sequenceNumber: 1,
  extendedFlags: null,
  carbohydrate: null,
  meal: null,
  testerHealth: null,
  exercise: null,
  medication: null,
  hba1c: null,
};

test("kg/L become mg/dL and mol/L become mmol/L with every digit that the meter sent, and no other", () => {
  expect(concentration("kg/L", { mantissa: 26, exponent: -5 })).toBe("26 mg/dL");
  expect(concentration("kg/L", { mantissa: 1040, exponent: -6 })).toBe("104.0 mg/dL");
  expect(concentration("kg/L", { mantissa: 12, exponent: -4 })).toBe("120 mg/dL");
  expect(concentration("mol/L", { mantissa: 60, exponent: -4 })).toBe("6.0 mmol/L");
  expect(concentration("mol/L", { mantissa: 59, exponent: -4 })).toBe("5.9 mmol/L");
});

test("a result out of range is HI or LO, by its status or by an infinity, whatever number stands beside it", () => {
  const number = { mantissa: 600, exponent: -5 };
  expect(concentration("kg/L", "positive-infinity")).toBe("positive-infinity mg/dL");
  expect(concentration("mol/L", "negative-infinity")).toBe("negative-infinity mmol/L");
  expect(concentration("kg/L", number, { status: 1 << 5 })).toBe("positive-infinity mg/dL");
  expect(concentration("kg/L", number, { status: 1 << 6 })).toBe("negative-infinity mg/dL");
  expect(concentration("kg/L", "nan", { status: 1 << 5 })).toBe("positive-infinity mg/dL");
});

test("a status that says that there is no result makes a fault of the record, and the others do not", () => {
  const faults = new Set([1, 2, 3, 4, 7, 8, 9, 10]);
  for (let bit = 0; bit < 16; bit += 1) {
    const { type } = readout({ status: 1 << bit });
    expect([bit, type]).toEqual([bit, faults.has(bit) ? "device-fault" : "measurement"]);
  }
  expect(readout({ status: 0b11_0000 })).toMatchObject({
    type: "device-fault",
    reason: "the meter reports: strip_type_incorrect",
  });
  expect(readout({ status: 1 })).toMatchObject({ measurement: { status: ["device_battery_low"] } });
});

test("a record without a number that can be a concentration is a fault, with its frames kept", () => {
  const values: readonly MedicalNumber[] = [
    ...(["nan", "not-at-this-resolution", "reserved"] as const),
    { mantissa: -1, exponent: -1 },
    { mantissa: 0, exponent: 0 },
  ];
  for (const number of values) {
    expect(readout({ concentration: { number, unit: "kg/L" } })).toMatchObject({
      type: "device-fault",
      frames: [{ characteristic: "2A18" }],
    });
  }
  expect(readout({ concentration: null, type: null, sampleLocation: null })).toMatchObject({ type: "device-fault" });
  expect(readout({ status: 0b110_0000 })).toMatchObject({ type: "device-fault" });
  const number = "positive-infinity";
  expect(readout({ status: 1 << 6, concentration: { number, unit: "kg/L" } })).toMatchObject({ type: "device-fault" });
});

test("control solution is told by its type or by its location", () => {
  expect(readout({ type: 10 })).toMatchObject({ measurement: { controlSolution: true } });
  expect(readout({ sampleLocation: 4 })).toMatchObject({ measurement: { controlSolution: true } });
  expect(readout({})).toMatchObject({ measurement: { controlSolution: false } });
});

test("a ketone of a CareSens meter is a tenth of the number, exactly, and its marking is no meal", () => {
  const ketone = { context: { ...emptyContext, meal: 6 }, quirks: { ...defaultQuirks, ketoneAsMeal6: true } };
  const number = { mantissa: 6, exponent: -5 };
  const observed = readout({ concentration: { number, unit: "kg/L" } }, ketone);
  expect(text(observed)).toBe("0.6 mmol/L");
  expect(observed).toMatchObject({ measurement: { kind: "ketone", context: {} } });
  const molar = { concentration: { number: { mantissa: 6, exponent: -4 }, unit: "mol/L" } } as const;
  expect(text(readout(molar, ketone))).toBe("0.6 mmol/L");
  const elsewhere = readout({ concentration: { number, unit: "kg/L" } }, { context: { ...emptyContext, meal: 6 } });
  expect(elsewhere).toMatchObject({ measurement: { kind: "glucose", context: { meal: "reserved_6" } } });
});

test("the HI that a full memory adds is no result of that meter, and one of any other year is", () => {
  const quirks = { ...defaultQuirks, phantomHighYear: 2037 };
  const baseTime = { ...plainTime, year: 2037 };
  const high = { concentration: { number: "positive-infinity", unit: "kg/L" } } as const;
  expect(readout({ ...high, baseTime }, { quirks })).toMatchObject({ type: "device-fault" });
  expect(readout(high, { quirks })).toMatchObject({ type: "measurement" });
  expect(readout({ baseTime }, { quirks })).toMatchObject({ type: "measurement" });
  expect(readout({ ...high, baseTime })).toMatchObject({ type: "measurement" });
});

test("an impossible base time takes nothing from the value", () => {
  expect(readout({ baseTime: "invalid" })).toMatchObject({ measurement: { deviceTime: null, sequenceNumber: 1 } });
});

test("a context is told in grams, milligrams, millilitres and percent", () => {
  const context: GlucoseContextFrame = {
    ...emptyContext,
    carbohydrate: { id: 1, mass: { mantissa: 45, exponent: -3 } },
    meal: 2,
    testerHealth: { tester: 1, health: 5 },
    exercise: { durationS: null, intensityPercent: 80 },
    medication: { id: 1, amount: { mantissa: 6, exponent: -3 }, unit: "L" },
    hba1c: { mantissa: 72, exponent: -1 },
  };
  expect(readout({}, { context })).toMatchObject({
    measurement: {
      context: {
        carbohydrate: { id: "breakfast", mass: { number: { mantissa: 45, exponent: 0 }, unit: "g" } },
        meal: "postprandial",
        tester: "self",
        health: "no_health_issues",
        exercise: { durationS: null, intensityPercent: 80 },
        medication: { amount: { number: { mantissa: 6, exponent: 0 }, unit: "mL" } },
        hba1c: { number: { mantissa: 72, exponent: -1 }, unit: "%" },
      },
    },
  });
  const medication = { id: 1, amount: { mantissa: 5, exponent: -6 }, unit: "kg" } as const;
  expect(readout({}, { context: { ...emptyContext, medication } })).toMatchObject({
    measurement: { context: { medication: { amount: { number: { mantissa: 5, exponent: 0 }, unit: "mg" } } } },
  });
});

test("the octets of the value hold unit, number, type and location, and neither time, number nor context", () => {
  const first = valueBytes(readout({}));
  expect(first).toEqual(Uint8Array.of(0, 0x68, 0xb0, 0x11));
  const elsewhere = { sequenceNumber: 9, baseTime: { ...plainTime, day: 13 }, timeOffsetMin: 90, contextFollows: true };
  expect(valueBytes(readout(elsewhere, { context: emptyContext }))).toEqual(first);
  const number = { mantissa: 104, exponent: -5 };
  expect(valueBytes(readout({ concentration: { number, unit: "mol/L" } }))).not.toEqual(first);
  expect(valueBytes(readout({ sampleLocation: 2 }))).not.toEqual(first);
});

const plainTime = { year: 2026, month: 5, day: 12, hours: 7, minutes: 0, seconds: 0 };

interface Circumstances {
  readonly context?: GlucoseContextFrame;
  readonly quirks?: typeof defaultQuirks;
}

function readout(
  changes: Partial<GlucoseMeasurementFrame>,
  { context, quirks = defaultQuirks }: Circumstances = {},
): Observed {
  const measurement = { ...plainFrame, ...changes };
  const own = { characteristic: "2A18", bytes: encodeGlucoseMeasurement(measurement) };
  const before = context === undefined ? [] : [{ characteristic: "2A34", bytes: new Uint8Array(3) }];
  return readoutOf(
    { type: "record", measurement, context: context ?? null, contextMissing: false, frames: [...before, own] },
    quirks,
  );
}

const concentration = (
  unit: "kg/L" | "mol/L",
  number: MedicalNumber,
  changes: Partial<GlucoseMeasurementFrame> = {},
): string => text(readout({ concentration: { number, unit }, ...changes }));

function text(observed: Observed): string {
  if (observed.type !== "measurement" || observed.measurement.kind === "blood-pressure") return observed.type;
  const { number, unit } = observed.measurement.concentration;
  return `${isDecimal(number) ? decimalText(number) : number} ${unit}`;
}

const valueBytes = (observed: Observed): Uint8Array | null =>
  observed.type === "measurement" ? observed.measurement.valueBytes : null;
