import { gaussian, seededRandom, seedOf } from "../random.ts";
import type { Person } from "./person.ts";

export interface ArterialPressure {
  /** In mmHg. */
  readonly systolic: number;
  readonly diastolic: number;
  /** Per minute. */
  readonly pulse: number;
}

/**
 * Blood pressure and pulse at rest at a minute of a day, without the noise of measuring. Pure in (person, day, minute).
 *
 * By night it falls by 10 to 20 percent (the dipping of ESH's statement on ambulatory measurement), and rises fastest
 * after waking. A white coat adds some 14/7 mmHg in those whom it troubles.
 */
export function bloodPressureAt(
  person: Person,
  moment: { readonly day: number; readonly minute: number; readonly inClinic: boolean },
): ArterialPressure {
  const { day, minute, inClinic } = moment;
  const random = seededRandom(seedOf(person.seed, person.reference, "pressure", day));
  const [systolicShift, diastolicShift, pulseShift] = [
    gaussian(random, 0, 4),
    gaussian(random, 0, 2.5),
    gaussian(random, 0, 3),
  ];
  const rhythm = circadian(minute);
  const alarm = inClinic && person.whiteCoat ? 1 : 0;
  return {
    systolic: (person.systolic + systolicShift) * rhythm + 14 * alarm,
    diastolic: (person.diastolic + diastolicShift) * rhythm + 7 * alarm,
    pulse: (person.pulse + pulseShift) * (0.55 + 0.45 * rhythm) + 6 * alarm,
  };
}

/** The factor of the hour: through these points, in straight lines. */
function circadian(minute: number): number {
  const after = Math.max(
    1,
    hours.findIndex(([hour]) => hour * 60 > minute),
  );
  const [leftHour, left] = hours[after - 1] ?? [0, 1];
  const [rightHour, right] = hours[after] ?? [24, 1];
  return left + ((right - left) * (minute - leftHour * 60)) / ((rightHour - leftHour) * 60);
}

const hours: readonly (readonly [number, number])[] = [
  [0, 0.88],
  [3, 0.85],
  [5.5, 0.88],
  [8, 1.04],
  [10, 1.02],
  [14, 0.98],
  [18, 1.01],
  [21, 0.97],
  [23, 0.91],
  [24, 0.88],
];
