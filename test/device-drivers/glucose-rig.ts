import { glucoseDriver } from "../../device-drivers/profiles/glucose/driver.ts";
import { collectFrom, type BenchOptions, type Outcome } from "./collecting.ts";
import { meterTable } from "./glucose-lines.ts";
import { ScriptedDevice, type Script } from "./scripted-device.ts";

/** A meter that answers "op code not supported" to every request that its script does not name. */
export function meter(on: NonNullable<Script["on"]>): ScriptedDevice {
  return new ScriptedDevice(meterTable, {
    on,
    otherwise: (trigger) => {
      const opCode = /^write 2A52 (\w\w)/.exec(trigger)?.[1];
      return opCode === undefined ? "" : `2A52 0600${opCode}02`;
    },
  });
}

export const collect = (device: ScriptedDevice, options: BenchOptions = {}): Promise<Outcome> =>
  collectFrom(glucoseDriver, device, options);

/** What the gateway knows after it has read the records that `measurementLine` makes, up to this one. */
export const knownUpTo = (sequenceNumber: number): NonNullable<BenchOptions["history"]> => ({
  lastSequenceNumber: sequenceNumber,
  lastDeviceTime: { year: 2026, month: 5, day: 1 + (sequenceNumber % 28), hours: 7, minutes: 0, seconds: 0 },
});

export const numbers = ({ measurements }: Outcome): readonly (number | null)[] =>
  measurements.map((measurement) => measurement.sequenceNumber);
