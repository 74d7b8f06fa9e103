import { between, gaussian, seededRandom, seedOf } from "../random.ts";

/** What is known of a virtual person's health. Nobody real is meant: people are numbers. */
export interface PersonTraits {
  /** "sim-0001", ... */
  readonly reference: string;
  readonly diabetes: "none" | "type-2";
  readonly treatment: "diet" | "oral" | "insulin";
  readonly hypertension: "none" | "stage-1" | "stage-2";
  /** Pressure rises where somebody in a white coat looks on. */
  readonly whiteCoat: boolean;
}

/** A virtual person: fixed for life by (seed, traits). What a day brings is drawn from (seed, reference, day). */
export interface Person extends PersonTraits {
  readonly seed: number;
  /** In mg/dL: before breakfast on an average day. */
  readonly fastingGlucose: number;
  /** In mg/dL: how far an average meal raises it. */
  readonly mealRise: number;
  /** Minutes from a meal to its peak. */
  readonly peakAfterMin: number;
  /** In mmHg: by day and at rest. */
  readonly systolic: number;
  readonly diastolic: number;
  readonly pulse: number;
}

/**
 * Where people start from. Fasting glucose: without diabetes below 100 mg/dL; with it, the target before meals is 80 to
 * 130 and below 180 at the peak (ADA, Standards of Care in Diabetes, sections 2 and 6), which not everybody meets.
 * Blood pressure: normal below 120/80, stage 1 from 130/80, stage 2 from 140/90 (2017 ACC/AHA guideline, table 6).
 */
export function virtualPerson(seed: number, traits: PersonTraits): Person {
  const random = seededRandom(seedOf(seed, traits.reference, "person"));
  const hasDiabetes = traits.diabetes === "type-2";
  const [systolic, diastolic] = pressureOf[traits.hypertension];
  return {
    ...traits,
    seed,
    fastingGlucose: hasDiabetes ? gaussian(random, 128, 12) : gaussian(random, 88, 4),
    mealRise: hasDiabetes ? between(random, 45, 75) : between(random, 20, 35),
    peakAfterMin: hasDiabetes ? between(random, 60, 80) : between(random, 35, 50),
    systolic: gaussian(random, systolic, 3),
    diastolic: gaussian(random, diastolic, 2),
    pulse: gaussian(random, 71, 5),
  };
}

const pressureOf = { none: [114, 73], "stage-1": [134, 84], "stage-2": [147, 92] } as const;
