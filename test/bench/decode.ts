import { decodeBloodPressureMeasurement } from "../../device-drivers/profiles/blood-pressure/measurement-codec.ts";
import { decodeGlucoseMeasurement } from "../../device-drivers/profiles/glucose/measurement-codec.ts";
import { readoutOf as cuffReadoutOf } from "../../device-drivers/profiles/blood-pressure/readout.ts";
import { readoutOf as glucoseReadoutOf } from "../../device-drivers/profiles/glucose/readout.ts";
import { defaultQuirks } from "../../device-drivers/vendors/defaults.ts";
import { cpuSeconds, type Figure, figureOf, type FigureName, type Suite, type SuiteOptions } from "./figure.ts";

/** From the octets of a frame to a measurement with its units, its plausibility checked and its frame kept. */
export const decode: Suite = {
  name: "decode",
  about: "frames decoded with validation and provenance, per CPU second",
  run({ rounds, short }: SuiteOptions): Promise<readonly Figure[]> {
    const frames = short ? 200_000 : 1_000_000;
    const figures = Object.entries(decoders).map(([name, decodeOne]) => {
      perCpuSecond(decodeOne, frames);
      const measured = Array.from({ length: rounds }, () => perCpuSecond(decodeOne, frames));
      return figureOf({ ...figure, name }, measured);
    });
    return Promise.resolve(figures);
  },
};

const figure: Omit<FigureName, "name"> = { suite: "decode", unit: "1/CPU s", aim: { atLeast: 1_000_000 } };

const decoders: Readonly<Record<string, (index: number) => boolean>> = {
  "2A35 to measurement": (index) => {
    const bytes = variant(cuffFrames, index);
    const decoded = decodeBloodPressureMeasurement(bytes);
    if (!decoded.ok) return false;
    const frame = decoded.value;
    const deviceTime = frame.timestamp === "invalid" ? null : frame.timestamp;
    const frames = [{ characteristic: "2A35", bytes }];
    const record = { frame, deviceTime, sequenceNumber: null, bytes, timestampOctets: 7, frames };
    return cuffReadoutOf(record).type === "measurement";
  },
  "2A18 to measurement": (index) => {
    const bytes = variant(meterFrames, index);
    const decoded = decodeGlucoseMeasurement(bytes);
    if (!decoded.ok) return false;
    const frames = [{ characteristic: "2A18", bytes }];
    const record = {
      type: "record",
      measurement: decoded.value,
      context: null,
      contextMissing: false,
      frames,
    } as const;
    return glucoseReadoutOf(record, defaultQuirks).type === "measurement";
  },
};

/** Many different frames, so that no branch and no value is learnt by heart. */
const cuffFrames = Array.from({ length: 1024 }, (_, index) =>
  Uint8Array.of(
    0x1e,
    100 + (index % 60),
    0,
    60 + (index % 30),
    0,
    75 + (index % 15),
    0,
    0xea,
    7,
    1 + (index % 12),
    1 + (index % 28),
    index % 24,
    index % 60,
    index % 60,
    50 + (index % 60),
    0,
    1,
    index & 1,
    0,
  ),
);
const meterFrames = Array.from({ length: 1024 }, (_, index) =>
  Uint8Array.of(
    0x0b,
    index & 255,
    index >> 8,
    0xea,
    7,
    1 + (index % 12),
    1 + (index % 28),
    index % 24,
    index % 60,
    index % 60,
    60,
    0,
    80 + (index % 100),
    0xb0,
    0x11,
    0,
    0,
  ),
);

const variant = (frames: readonly Uint8Array[], index: number): Uint8Array => frames[index & 1023] ?? new Uint8Array();

function perCpuSecond(decodeOne: (index: number) => boolean, frames: number): number {
  const before = process.cpuUsage();
  let measurements = 0;
  for (let index = 0; index < frames; index += 1) if (decodeOne(index)) measurements += 1;
  if (measurements !== frames) throw new Error(`${frames - measurements} of ${frames} frames gave no measurement`);
  return frames / cpuSeconds(before);
}
