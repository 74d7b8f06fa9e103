import type { Random } from "../../device-drivers/ports/clock.ts";
import { controlSolution, measureBloodPressure, measureGlucose, type Moment } from "../people/measuring.ts";
import { type Person, virtualPerson } from "../people/person.ts";
import type { BloodPressureSample } from "../peripherals/blood-pressure-record.ts";
import { GlucoseMeter } from "../peripherals/glucose-meter.ts";
import { seededRandom, seedOf } from "../random.ts";
import type { Station } from "./build-device.ts";
import type { PersonTime } from "./person-time.ts";
import type { Scenario } from "./scenario.ts";

export interface MeasuringDeskOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly time: PersonTime;
}

/** Where people and devices meet. */
export class MeasuringDesk {
  readonly #options: MeasuringDeskOptions;
  readonly #people: ReadonlyMap<string, Person>;
  readonly #stranger: Person;

  constructor(options: MeasuringDeskOptions) {
    const { scenario, seed } = options;
    this.#options = options;
    this.#people = new Map(scenario.people.map((traits) => [traits.reference, virtualPerson(seed, traits)]));
    this.#stranger = virtualPerson(seed, {
      reference: "sim-9999",
      diabetes: "none",
      treatment: "diet",
      hypertension: "none",
      whiteCoat: false,
    });
  }

  /** A source of chance for one purpose. */
  random(...purpose: readonly (string | number)[]): Random {
    return seededRandom(seedOf(this.#options.seed, "desk", ...purpose));
  }

  /** Somebody measures; without a person, somebody of whom nothing is known. */
  measure(station: Station, person: string | null, options: MeasureOptions): void {
    const moment = options.moment ?? this.#options.time.moment();
    const agoMs = options.agoMs ?? 0;
    const subject = this.#subject(person);
    const { device } = station;
    if (device instanceof GlucoseMeter) {
      const sample = measureGlucose(subject, moment, options.random);
      const faults = { chance: sample.fault, never: null, always: "strip-removed" } as const;
      device.measure({ ...sample, person, fault: faults[options.fails ?? "chance"] }, agoMs);
      return;
    }
    const { inClinic } = this.#options.scenario;
    const userSlot = userSlotOf(station, person);
    const sample = measureBloodPressure(subject, { ...moment, inClinic, userSlot }, options.random);
    const faults = { chance: sample.fault, never: false, always: true };
    const fault = faults[options.fails ?? "chance"];
    device.measure({ ...sample, ...remarked(options.remark), person, fault }, agoMs);
  }

  /** Somebody checks the meter; a cuff knows no such thing. */
  check({ device }: Station, random: Random): void {
    if (device instanceof GlucoseMeter) device.measure(controlSolution(random));
  }

  #subject(person: string | null): Person {
    return (person === null ? undefined : this.#people.get(person)) ?? this.#stranger;
  }
}

type Remark = "none" | "body-movement" | "irregular-pulse";

const remarked = (remark: Remark | undefined): Partial<Pick<BloodPressureSample, "bodyMovement" | "irregularPulse">> =>
  remark === undefined
    ? {}
    : { bodyMovement: remark === "body-movement", irregularPulse: remark === "irregular-pulse" };

/** The slot that a person has on a cuff, from 1; null for a stranger, and on a meter. */
const userSlotOf = ({ description }: Station, person: string | null): number | null => {
  const position = description.kind === "glucose-meter" || person === null ? -1 : description.users.indexOf(person);
  return position === -1 ? null : position + 1;
};

export interface MeasureOptions {
  readonly random: Random;
  /** Now, where it is left out. */
  readonly moment?: Moment;
  /** For a memory that was filled before the world began. */
  readonly agoMs?: number;
  /** @default "chance" */
  readonly fails?: "chance" | "never" | "always";
  /** What a cuff says of how it was used; left out, chance decides. */
  readonly remark?: Remark | undefined;
}
