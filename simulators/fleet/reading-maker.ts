import type { Reading, ReadingQuantity } from "../../cloud-sync/contract/reading.ts";
import { uuidV5 } from "../../cloud-sync/uuid-v5.ts";
import { toHex } from "../../device-drivers/kit/hex.ts";
import type { Observed } from "../../device-drivers/kit/driver.ts";
import { decimalText, isDecimal, type Decimal } from "../../device-drivers/measurement/decimal.ts";
import { dateTimeText, type DeviceDateTime } from "../../device-drivers/measurement/device-time.ts";
import type {
  BloodPressureReadout,
  GlucoseReadout,
  Measurement,
  Quantity,
} from "../../device-drivers/measurement/measurement.ts";
import type { Random } from "../../device-drivers/ports/clock.ts";
import { recordOfMeasurement } from "../../device-drivers/profiles/blood-pressure/cuff-record.ts";
import { readoutOf as pressureReadout } from "../../device-drivers/profiles/blood-pressure/readout.ts";
import { decodeGlucoseContext } from "../../device-drivers/profiles/glucose/context-codec.ts";
import { decodeGlucoseMeasurement } from "../../device-drivers/profiles/glucose/measurement-codec.ts";
import { readoutOf as glucoseReadout } from "../../device-drivers/profiles/glucose/readout.ts";
import { defaultQuirks } from "../../device-drivers/vendors/defaults.ts";
import { measureBloodPressure, measureGlucose } from "../people/measuring.ts";
import type { Person } from "../people/person.ts";
import { bloodPressureFrame, defaultBloodPressureFormat } from "../peripherals/blood-pressure-record.ts";
import { defaultGlucoseFormat, glucoseFrames } from "../peripherals/glucose-record.ts";
import { seededRandom, seedOf } from "../random.ts";
import { dayMs, type Visit } from "./day-plan.ts";
import type { Household } from "./household.ts";

/**
 * Makes of a visit the reading that a gateway would have made of it: the device's frame by the simulated device's own
 * codec, decoded by the driver's, with the identity that `gateway/collect/reading-id.ts` gives. Null where the
 * measurement failed, as some do. Pure but for the meter's record number, which counts.
 */
export class ReadingMaker {
  readonly #home: Household;
  #records = 0;

  constructor(home: Household) {
    this.#home = home;
  }

  make({ atMs, occasion }: Visit): Reading | null {
    const { first, second, meter, cuff } = this.#home;
    const person = occasion === "pressure-second" ? second : first;
    const moment = { atMs, random: seededRandom(seedOf(person.seed, person.reference, occasion, atMs)) };
    const observed =
      occasion === "glucose"
        ? this.#glucose(person, moment)
        : pressureOf(person, { ...moment, userSlot: occasion === "pressure-first" ? 1 : 2 });
    if (observed.type !== "measurement") return null;
    return readingOf(observed.measurement, { device: occasion === "glucose" ? meter : cuff, person, atMs });
  }

  #glucose(person: Person, { atMs, random }: Moment): Observed {
    this.#records += 1;
    const sequenceNumber = this.#records & 0xffff;
    const sample = measureGlucose(person, momentOf(atMs), random);
    const record = { number: this.#records, sequenceNumber, sample, baseTime: localTime(atMs), timeOffsetMin: 0 };
    const { measurement, context } = glucoseFrames(record, defaultGlucoseFormat, sequenceNumber);
    const decoded = decodeGlucoseMeasurement(measurement);
    const decodedContext = context === null ? null : decodeGlucoseContext(context);
    const frames = [{ characteristic: "2A18", bytes: measurement }];
    if (context !== null) frames.push({ characteristic: "2A34", bytes: context });
    if (!decoded.ok || decodedContext?.ok === false) return { type: "undecodable", reason: "a codec's fault", frames };
    const joined = {
      measurement: decoded.value,
      context: decodedContext?.value ?? null,
      contextMissing: false,
      frames,
    };
    return glucoseReadout({ type: "record", ...joined }, defaultQuirks);
  }
}

interface Moment {
  readonly atMs: number;
  readonly random: Random;
}

function pressureOf(person: Person, { atMs, random, userSlot }: Moment & { readonly userSlot: number }): Observed {
  const sample = measureBloodPressure(person, { ...momentOf(atMs), inClinic: false, userSlot }, random);
  const record = { number: 1, sequenceNumber: 0, sample, time: localTime(atMs) };
  const frame = { characteristic: "2A35", bytes: bloodPressureFrame(record, defaultBloodPressureFormat) };
  const decoded = recordOfMeasurement(frame, "standard");
  if (!decoded.ok) return { type: "undecodable", reason: "a codec's fault", frames: [frame] };
  return pressureReadout(decoded.value);
}

const momentOf = (atMs: number): { readonly day: number; readonly minute: number } => ({
  day: Math.floor(atMs / dayMs),
  minute: Math.floor((atMs % dayMs) / 60_000),
});

/** The whole fleet lives in UTC: one time zone, which is the worst case of the morning. */
function localTime(atMs: number): DeviceDateTime {
  const at = new Date(atMs);
  return {
    year: at.getUTCFullYear(),
    month: at.getUTCMonth() + 1,
    day: at.getUTCDate(),
    hours: at.getUTCHours(),
    minutes: at.getUTCMinutes(),
    seconds: at.getUTCSeconds(),
  };
}

interface ReadingParts {
  readonly device: Reading["device"];
  readonly person: Person;
  readonly atMs: number;
}

function readingOf(measurement: Measurement, parts: ReadingParts): Reading {
  return measurement.kind === "blood-pressure" ? pressure(measurement, parts) : glucose(measurement, parts);
}

/** The namespace of all Carepost reading ids. */
const namespace = "9068b0ba-57bc-41f7-ab74-a0a476f4edde";

/** The rule of `gateway/collect/reading-id.ts`, which no simulator may import; a test holds the two against each other. */
function readingId(deviceId: string, { deviceTime, sequenceNumber, userSlot, kind, valueBytes }: Measurement): string {
  const time = deviceTime === null ? null : dateTimeText(deviceTime);
  const value = Buffer.from(valueBytes).toString("hex");
  const parts = ["carepost-reading-1", deviceId, userSlot, kind, time, sequenceNumber, value, null];
  return uuidV5(namespace, JSON.stringify(parts));
}

/** Measured and fetched within seconds, by a device whose clock is a little off. */
const fetchedAfterMs = 4_000;

function basics(said: Measurement, { device, person, atMs }: ReadingParts): Omit<Reading, ValueField> {
  const instant = new Date(atMs).toISOString();
  return {
    id: readingId(device.id, said),
    revision: 1,
    device,
    person: person.reference,
    attribution: { by: "assignment", reference: `assignment-${person.reference}` },
    userSlot: said.userSlot,
    sequenceNumber: said.sequenceNumber,
    time: {
      device: said.deviceTime === null ? null : dateTimeText(said.deviceTime),
      deviceOffsetMin: said.deviceTimeOffsetMin,
      received: new Date(atMs + fetchedAfterMs).toISOString(),
      clockOffsetMs: 0,
      clockMethod: "current-time",
      measured: instant.replace("Z", "+00:00"),
      uncertaintyMs: 1_000,
      basis: "device",
    },
    status: [...said.status],
    frames: said.frames.map(({ characteristic, bytes }) => ({ characteristic, hex: toHex(bytes) })),
  };
}

type ValueField =
  | "kind"
  | "concentration"
  | "sampleType"
  | "sampleLocation"
  | "controlSolution"
  | "context"
  | "systolic"
  | "diastolic"
  | "meanArterialPressure"
  | "pulseRate";

function glucose(said: GlucoseReadout, parts: ReadingParts): Reading {
  const { carbohydrate, medication: _medication, hba1c: _hba1c, exercise: _exercise, ...labels } = said.context ?? {};
  const mass =
    carbohydrate === undefined ? {} : { carbohydrate: { id: carbohydrate.id, mass: quantity(carbohydrate.mass) } };
  return {
    ...basics(said, parts),
    kind: said.kind,
    concentration: quantity(said.concentration),
    sampleType: said.sampleType,
    sampleLocation: said.sampleLocation,
    controlSolution: said.controlSolution,
    context: said.context === null ? null : { ...mass, ...labels },
  };
}

function pressure(said: BloodPressureReadout, parts: ReadingParts): Reading {
  return {
    ...basics(said, parts),
    kind: said.kind,
    systolic: mmHg(said.systolic),
    diastolic: mmHg(said.diastolic),
    meanArterialPressure: said.meanArterialPressure === null ? null : mmHg(said.meanArterialPressure),
    pulseRate: said.pulseRate === null ? null : { value: decimalText(said.pulseRate), unit: "/min" },
  };
}

const mmHg = (value: Decimal): { value: string; unit: "mmHg" } => ({ value: decimalText(value), unit: "mmHg" });

type QuantityText<Unit extends string> =
  | { value: string; unit: Unit }
  | { absent: Extract<ReadingQuantity, { absent: unknown }>["absent"]; unit: Unit };

const quantity = <Unit extends string>({ number, unit }: Quantity<Unit>): QuantityText<Unit> =>
  isDecimal(number) ? { value: decimalText(number), unit } : { absent: number, unit };
