import type { Station } from "./build-device.ts";
import type { MeasuringDesk } from "./measuring-desk.ts";
import type { PersonTime } from "./person-time.ts";
import type { Scenario } from "./scenario.ts";

/** Fills the memory of each device that has a history, oldest first, as if its people had used it until yesterday. */
export function fillHistory(
  { desk, time, scenario }: { readonly desk: MeasuringDesk; readonly time: PersonTime; readonly scenario: Scenario },
  stations: readonly Station[],
): void {
  for (const station of stations) {
    const { history, name } = station.description;
    if (history === undefined) continue;
    const people = history.people ?? usersOf(station, scenario);
    const random = desk.random("history", name);
    const minutes = minutesOfDay(history.perDay);
    for (let day = history.days; day >= 1; day -= 1) {
      for (const [index, minute] of minutes.entries()) {
        const agoMin = day * dayMin + time.moment().minute - minute - Math.round(20 * random());
        const person = people[(day * minutes.length + index) % people.length] ?? null;
        desk.measure(station, person, { random, moment: time.moment(agoMin), agoMs: agoMin * 60_000 });
      }
    }
  }
}

function usersOf({ description }: Station, scenario: Scenario): readonly string[] {
  const inRhythms = scenario.rhythms.filter(({ device }) => device === description.name).map(({ person }) => person);
  if (description.kind === "blood-pressure-cuff" && description.users.length > 0) return description.users;
  if (description.kind === "glucose-meter" && description.owner !== undefined) return [description.owner];
  return inRhythms.length > 0 ? inRhythms : scenario.people.slice(0, 1).map(({ reference }) => reference);
}

/** Evenly over the waking day. */
const minutesOfDay = (perDay: number): readonly number[] =>
  Array.from({ length: perDay }, (_, index) =>
    Math.round(firstMinute + (perDay === 1 ? 0 : (index * (lastMinute - firstMinute)) / (perDay - 1))),
  );

const dayMin = 1_440;
const firstMinute = 430;
const lastMinute = 1_290;
