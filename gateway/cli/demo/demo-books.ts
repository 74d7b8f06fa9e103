import type { Reading } from "../../../cloud-sync/contract/reading.ts";

/** A record that a device has shown the gateway, as the simulators' journal has it: the oracle. */
export interface ShownRecord {
  /** The identity that the gateway makes of the device. */
  readonly deviceId: string;
  /** Counts the device's records: two that are alike in every octet have two numbers. */
  readonly record: number;
  readonly kind: "reading" | "control-solution" | "fault" | "context";
  readonly hex: string;
}

/** What the gateway keeps, whatever became of it. */
export interface KeptFrames {
  readonly readings: readonly Pick<Reading, "id" | "device" | "frames">[];
  readonly quarantined: readonly { readonly deviceId: string; readonly frames: readonly { readonly hex: string }[] }[];
}

export interface DemoBooks {
  /** Records that devices have shown, each counted once. */
  readonly shown: number;
  /** Of these, the ones of which the gateway has nothing, and those that it let go of and the sink does not have. */
  readonly lost: number;
  /** Readings beyond the records that they were made of, in the store or in the sink. */
  readonly doubled: number;
}

export interface BooksInput {
  readonly shown: readonly ShownRecord[];
  readonly store: KeptFrames;
  /** Ids of readings that the gateway holds to be delivered. */
  readonly settledIds: readonly string[];
  readonly sink: readonly Pick<Reading, "id" | "device" | "frames">[];
}

/**
 * Compares what devices showed with what the gateway kept and with what the sink holds, by the octets themselves. A
 * device's record is known by the octets of its frame; records that are alike are counted.
 */
export function compareBooks({ shown, store, settledIds, sink }: BooksInput): DemoBooks {
  const records = countBy(uniqueRecords(shown.filter(({ kind }) => kind !== "context")).map(keyOfRecord));
  const inStore = countBy(store.readings.flatMap((reading) => keyOfReading(reading, records)));
  const inSink = countBy(sink.flatMap((reading) => keyOfReading(reading, records)));
  const inQuarantine = new Set(
    store.quarantined.flatMap(({ deviceId, frames }) => frames.map(({ hex }) => `${deviceId} ${hex}`)),
  );
  let [total, lost, doubled] = [0, 0, 0];
  for (const [key, count] of records) {
    total += count;
    const kept = Math.max(inStore.get(key) ?? 0, inSink.get(key) ?? 0);
    if (!inQuarantine.has(key)) lost += Math.max(0, count - kept);
    doubled += Math.max(0, kept - count);
  }
  const sinkIds = new Set(sink.map(({ id }) => id));
  const strays = settledIds.filter((id) => !sinkIds.has(id)).length;
  return { shown: total, lost: lost + strays, doubled };
}

function uniqueRecords(shown: readonly ShownRecord[]): readonly ShownRecord[] {
  const byRecord = new Map(shown.map((one) => [`${one.deviceId} ${one.record} ${one.hex}`, one]));
  return [...byRecord.values()];
}

const keyOfRecord = ({ deviceId, hex }: ShownRecord): string => `${deviceId} ${hex}`;

/** The key of the record that a reading was made of: one of its frames, or all of them, where it came in segments. */
function keyOfReading(
  { device, frames }: Pick<Reading, "device" | "frames">,
  records: ReadonlyMap<string, number>,
): readonly string[] {
  const whole = frames.map(({ hex }) => hex).join("");
  const known = [...frames.map(({ hex }) => hex), whole].map((hex) => `${device.id} ${hex}`);
  const key = known.find((candidate) => records.has(candidate));
  return key === undefined ? [] : [key];
}

function countBy(keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
