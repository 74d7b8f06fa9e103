import * as fc from "fast-check";
import type { BloodPressureReading, GlucoseReading, Reading } from "../../../cloud-sync/contract/reading.ts";
import { bloodPressure, glucose } from "./reading-samples.ts";

/** Readings of every kind, with every context, status and absence, of dated and undated devices and of nobody. */
const decimal = fc
  .tuple(fc.integer({ min: 1, max: 9_999 }), fc.integer({ min: 0, max: 3 }))
  .map(([mantissa, places]) => (mantissa / 10 ** places).toFixed(places));

const absent = fc.constantFrom(
  "nan" as const,
  "not-at-this-resolution" as const,
  "positive-infinity" as const,
  "negative-infinity" as const,
  "reserved" as const,
);

const quantity = <const Unit extends string>(
  unit: Unit,
): fc.Arbitrary<
  { value: string; unit: Unit } | { absent: typeof absent extends fc.Arbitrary<infer A> ? A : never; unit: Unit }
> =>
  fc.oneof(
    decimal.map((value) => ({ value, unit })),
    absent.map((reason) => ({ absent: reason, unit })),
  );

const exact = <const Unit extends string>(unit: Unit): fc.Arbitrary<{ value: string; unit: Unit }> =>
  decimal.map((value) => ({ value, unit }));

const name = (...names: readonly string[]): fc.Arbitrary<string> =>
  fc.constantFrom(...names, "reserved_14", "constructor");

const context = fc.record(
  {
    carbohydrate: fc.record({
      id: name("breakfast", "lunch", "dinner", "snack", "drink", "supper", "brunch"),
      mass: quantity("g"),
    }),
    meal: name("preprandial", "postprandial", "fasting", "casual", "bedtime"),
    tester: name("self", "health_care_professional", "lab_test", "not_available"),
    health: name("minor_health_issues", "major_health_issues", "during_menses", "under_stress", "no_health_issues"),
    exercise: fc.record({
      durationS: fc.option(fc.integer({ min: 0, max: 65_534 })),
      intensityPercent: fc.integer({ min: 0, max: 255 }),
    }),
    medication: fc.record({
      id: name("rapid_acting_insulin", "premixed_insulin"),
      amount: fc.oneof(quantity("mg"), quantity("mL")),
    }),
    hba1c: quantity("%"),
  },
  { requiredKeys: [] },
);

const glucoseFlags = ["device_battery_low", "sensor_malfunction", "result_too_high", "result_too_low", "time_fault"];
const cuffFlags = [
  "body_movement",
  "cuff_too_loose",
  "irregular_pulse",
  "improper_position",
  "pulse_rate_above_upper_limit",
];

const common = fc
  .record({
    id: fc.uuid({ version: 5 }),
    person: fc.option(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/)),
    isDated: fc.boolean(),
    zone: fc.constantFrom("+02:00", "-05:00", "+05:45", "+00:00", "+23:00"),
    clockOffsetMs: fc.option(fc.oneof(fc.integer({ min: -1e9, max: 1e9 }), fc.maxSafeInteger())),
    systemId: fc.option(fc.constantFrom("C05349FFFE4D0001", "0011223344556677")),
  })
  .map(({ id, person, isDated, zone, clockOffsetMs, systemId }) => {
    const { device, time } = glucose();
    return {
      id,
      person,
      attribution: { by: person === null ? ("none" as const) : ("manual" as const), reference: null },
      device: { ...device, id: systemId === null ? "serial:A/B/1" : `system-id:${systemId}`, systemId },
      time: {
        ...time,
        device: isDated ? "2026-07-01T07:52:00" : null,
        measured: `2026-07-01T07:58:00.000${zone}`,
        clockOffsetMs,
        basis: isDated ? ("device" as const) : ("received" as const),
      },
    };
  });

const anyGlucose: fc.Arbitrary<GlucoseReading> = fc
  .record({
    common,
    kind: fc.constantFrom("glucose" as const, "ketone" as const),
    concentration: fc.oneof(quantity("mg/dL"), quantity("mmol/L")),
    sampleType: name("capillary_whole_blood", "interstitial_fluid", "undetermined_plasma"),
    sampleLocation: name("finger", "alternate_site_test", "earlobe", "not_available"),
    controlSolution: fc.boolean(),
    status: fc.subarray(glucoseFlags),
    context: fc.option(context),
  })
  .map(({ common: shared, ...rest }) =>
    glucose({ ...shared, ...rest, ...(rest.controlSolution ? { person: null } : {}) }),
  );

const anyPressure: fc.Arbitrary<BloodPressureReading> = fc
  .record({
    common,
    systolic: exact("mmHg"),
    diastolic: exact("mmHg"),
    meanArterialPressure: fc.option(exact("mmHg")),
    pulseRate: fc.option(exact("/min")),
    status: fc.subarray(cuffFlags),
  })
  .map(({ common: shared, ...rest }) => bloodPressure({ ...shared, ...rest }));

export const anyReading: fc.Arbitrary<Reading> = fc.oneof(anyGlucose, anyPressure);
