import { bundleOf } from "../../cloud-sync/fhir/bundle.ts";
import { collectionOfReading } from "../../cloud-sync/fhir/collection-of-reading.ts";
import { fhirText } from "../../cloud-sync/fhir/fhir-json.ts";
import { lineBundle } from "../../gateway/cli/fhir/line-bundle.ts";
import { bloodPressure, glucose, mapping } from "../cloud-sync/fhir/reading-samples.ts";
import { cpuSeconds, type Figure, figureOf, type FigureName, type Suite, type SuiteOptions } from "./figure.ts";

/** From a reading, or from a line of frames, to the text of a transaction bundle with its identifiers. */
export const fhir: Suite = {
  name: "fhir",
  about: "transaction bundles per CPU second, from stored readings and from lines of frames",
  run({ rounds, short }: SuiteOptions): Promise<readonly Figure[]> {
    const bundles = short ? 2_000 : 20_000;
    const figures = Object.entries(makers).map(([name, make]) => {
      perCpuSecond(make, bundles);
      return figureOf(
        { ...figure, name },
        Array.from({ length: rounds }, () => perCpuSecond(make, bundles)),
      );
    });
    return Promise.resolve(figures);
  },
};

const figure: Omit<FigureName, "name"> = {
  suite: "fhir",
  unit: "1/CPU s",
  // A million homes make two readings a day each: 23 a second.
  aim: { atLeast: 5_000 },
};

const time = (index: number): string => {
  const two = (part: number): string => String(part).padStart(2, "0");
  return `2026-${two(1 + (index % 12))}-${two(1 + (index % 28))}T${two(index % 24)}:${two(index % 60)}:00`;
};

const idOf = (index: number): string => `8a0e1f1e-0000-5000-8000-${String(index).padStart(12, "0")}`;

/** What may vary with each reading; all else is the same person's and the same device's. */
const changesOf = (index: number): { id: string; time: ReturnType<typeof glucose>["time"] } => ({
  id: idOf(index),
  time: { ...glucoseSample.time, device: time(index), measured: `${time(index)}.000+01:00` },
});

const glucoseSample = glucose({
  context: { meal: "fasting", tester: "self", health: "no_health_issues" },
  status: ["device_battery_low"],
});
const pressureSample = bloodPressure({ status: ["irregular_pulse"] });

const makers: Readonly<Record<string, (index: number) => string>> = {
  "blood pressure to bundle": (index) =>
    fhirText(bundleOf(collectionOfReading({ ...pressureSample, ...changesOf(index) }, mapping))),
  "glucose with context to bundle": (index) =>
    fhirText(bundleOf(collectionOfReading({ ...glucoseSample, ...changesOf(index) }, mapping))),
  "line of a blood pressure to bundle": (index) => lineBundle(lineOf(index), "phd"),
};

function lineOf(index: number): string {
  const octets = [0x06, 100 + (index % 60), 0, 70, 0, 85, 0, 0xea, 7, 1 + (index % 12), 1 + (index % 28), index % 24];
  const hex = Buffer.from([...octets, index % 60, 0, 60, 0]).toString("hex");
  return JSON.stringify({
    gateway: { id: "gw-0001", timeZone: "Europe/Berlin" },
    device: { manufacturer: "Example", model: "Cuff 1", systemId: "C05349FFFE4D0001" },
    person: "sim-0001",
    receivedAt: "2027-01-01T08:00:00+01:00",
    frames: [{ characteristic: "2A35", hex }],
  });
}

function perCpuSecond(make: (index: number) => string, bundles: number): number {
  const before = process.cpuUsage();
  let characters = 0;
  for (let index = 0; index < bundles; index += 1) characters += make(index).length;
  if (characters < 3_000 * bundles) throw new Error("the bundles are too short to be whole");
  return bundles / cpuSeconds(before);
}
