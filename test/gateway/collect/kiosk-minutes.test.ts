import { expect, test } from "vitest";
import { seedOf } from "../../../simulators/random.ts";
import { type Fault, KioskMinutes, type Verdict } from "./kiosk-minutes.ts";

const limit = { timeout: 180_000 };
const days = 2_000;

function play(day: number, fault: Fault): readonly Verdict[] {
  const kiosk = new KioskMinutes(seedOf(23, "minutes", day), fault);
  kiosk.play(200);
  return kiosk.verdicts;
}

const isWrong = ({ given, truth }: Verdict): boolean => given !== null && given !== truth;

test("over minutes in which everything happens at once, no reading is ever given to the wrong person", limit, () => {
  const verdicts = Array.from({ length: days }, (_, day) => play(day, "none")).flat();
  expect(verdicts.filter(isWrong)).toEqual([]);
  const ofVisitors = verdicts.filter(({ truth }) => truth.startsWith("guest"));
  // Giving nothing to anybody would be no art.
  expect(ofVisitors.filter(({ given }) => given !== null).length / ofVisitors.length).toBeGreaterThan(0.1);
});

const faults = [
  "names-everything",
  "shown-until-the-end",
  "read-at-once",
  "clock-never-set",
  "steps-not-followed",
] as const;

test.each(faults)("a fault that is planted into these minutes is found: %s", limit, (fault) => {
  let day = 0;
  while (day < days && !play(day, fault).some(isWrong)) day += 1;
  expect(day).toBeLessThan(days);
});
