import { expect, test } from "vitest";
import { bloodPressureAt } from "../../../simulators/people/blood-pressure.ts";
import { glucoseAt } from "../../../simulators/people/glucose.ts";
import { mealsOf } from "../../../simulators/people/meals.ts";
import { measureBloodPressure, measureGlucose } from "../../../simulators/people/measuring.ts";
import { type Person, type PersonTraits, virtualPerson } from "../../../simulators/people/person.ts";
import { seededRandom } from "../../../simulators/random.ts";

const traits: PersonTraits = {
  reference: "sim-0001",
  diabetes: "type-2",
  treatment: "insulin",
  hypertension: "stage-1",
  whiteCoat: true,
};

const crowd = (shared: Partial<PersonTraits>): readonly Person[] =>
  Array.from({ length: 10 }, (_, position) =>
    virtualPerson(1, { ...traits, ...shared, reference: `sim-000${position}` }),
  );

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Every quarter of an hour of thirty days of each. */
const glucoseOf = (people: readonly Person[]): readonly number[] =>
  people.flatMap((person) =>
    Array.from({ length: 30 * 96 }, (_, quarter) => glucoseAt(person, Math.floor(quarter / 96), 15 * (quarter % 96))),
  );

test("a person's day is a pure function of the seed, the reference and the day", () => {
  const dayOf = (seed: number, reference: string, day: number): readonly number[] => {
    const person = virtualPerson(seed, { ...traits, reference });
    return Array.from({ length: 24 }, (_, hour) => glucoseAt(person, day, 60 * hour));
  };
  const day = dayOf(1, "sim-0001", 5);
  expect(dayOf(1, "sim-0001", 5)).toEqual(day);
  expect(dayOf(2, "sim-0001", 5)).not.toEqual(day);
  expect(dayOf(1, "sim-0002", 5)).not.toEqual(day);
  expect(dayOf(1, "sim-0001", 6)).not.toEqual(day);
});

test("glucose of people with type 2 diabetes keeps mostly to the range of 70 to 180, and leaves it both ways", () => {
  const glucose = glucoseOf(crowd({}));
  const share = (isWithin: (value: number) => boolean): number => glucose.filter(isWithin).length / glucose.length;
  expect(share((value) => value >= 70 && value <= 180)).toBeGreaterThan(0.7);
  expect(share((value) => value < 70)).toBeGreaterThan(0.001);
  expect(share((value) => value < 70)).toBeLessThan(0.03);
  expect(share((value) => value > 250)).toBeGreaterThan(0.001);
  expect(share((value) => value > 250)).toBeLessThan(0.05);
});

test("glucose of people without diabetes stays below 140 but for moments, and none of them falls low", () => {
  const glucose = glucoseOf(crowd({ diabetes: "none" }));
  expect(glucose.filter((value) => value > 140).length / glucose.length).toBeLessThan(0.02);
  expect(Math.min(...glucose)).toBeGreaterThan(60);
  expect(mean(glucose)).toBeLessThan(105);
});

test("glucose rises after each meal and comes back, and midnight is no step", () => {
  const [person] = crowd({ treatment: "diet" });
  if (person === undefined) throw new Error("an empty crowd");
  const rises: number[] = [];
  for (let day = 0; day < 20; day += 1) {
    for (const { minute } of mealsOf(person, day)) {
      const peak = glucoseAt(person, day, Math.round(minute + person.peakAfterMin));
      rises.push(peak - glucoseAt(person, day, minute));
    }
    expect(Math.abs(glucoseAt(person, day, 1_440) - glucoseAt(person, day + 1, 0))).toBeLessThan(1);
  }
  // Not after every one: an illness may subside in the same hour.
  expect(rises.filter((rise) => rise > 15).length / rises.length).toBeGreaterThan(0.9);
  expect(mean(rises)).toBeGreaterThan(30);
});

test("blood pressure dips by 10 to 20 percent at night", () => {
  for (const person of crowd({})) {
    const at = (hours: readonly number[]): number =>
      mean(hours.map((hour) => bloodPressureAt(person, { day: 1, minute: 60 * hour, inClinic: false }).systolic));
    const dip = 1 - at([0, 1, 2, 3, 4, 5]) / at([9, 11, 13, 15, 17, 19]);
    expect(dip).toBeGreaterThan(0.1);
    expect(dip).toBeLessThan(0.2);
  }
});

test("hypertension shows, by its stage, and more where there is a white coat", () => {
  const systolic = (shared: Partial<PersonTraits>, inClinic: boolean): number =>
    mean(crowd(shared).map((person) => bloodPressureAt(person, { day: 2, minute: 600, inClinic }).systolic));
  expect(systolic({ hypertension: "none" }, false)).toBeLessThan(125);
  expect(systolic({ hypertension: "stage-1" }, false)).toBeGreaterThan(130);
  expect(systolic({ hypertension: "stage-2" }, false)).toBeGreaterThan(140);
  expect(systolic({}, true) - systolic({}, false)).toBeCloseTo(14, 5);
  expect(systolic({ whiteCoat: false }, true)).toBe(systolic({ whiteCoat: false }, false));
});

test("meters err within 15 percent in 95 of 100 measurements", () => {
  const [person] = crowd({});
  if (person === undefined) throw new Error("an empty crowd");
  const random = seededRandom(3);
  const truth = glucoseAt(person, 0, 600);
  const errors = Array.from({ length: 2_000 }, () => {
    const { mgPerDl } = measureGlucose(person, { day: 0, minute: 600 }, random);
    return Math.abs(mgPerDl - truth) / truth;
  });
  expect(errors.filter((error) => error <= 0.15).length / errors.length).toBeGreaterThan(0.95);
  expect(Math.max(...errors)).toBeGreaterThan(0.1);
});

test("what a cuff finds is always a pressure that an arm can have", () => {
  const random = seededRandom(4);
  for (const person of crowd({ hypertension: "stage-2" })) {
    for (let minute = 0; minute < 1_440; minute += 30) {
      const sample = measureBloodPressure(person, { day: 1, minute, inClinic: true, userSlot: 1 }, random);
      expect(sample.diastolicMmHg).toBeGreaterThanOrEqual(40);
      expect(sample.systolicMmHg).toBeGreaterThanOrEqual(sample.diastolicMmHg + 20);
      expect(sample.systolicMmHg).toBeLessThan(220);
    }
  }
});
