import { matchDevice } from "../../../device-drivers/catalogue.ts";
import type { DeviceHistory, Observed } from "../../../device-drivers/kit/driver.ts";
import { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import { toHex } from "../../../device-drivers/kit/hex.ts";
import type { RawFrame } from "../../../device-drivers/measurement/measurement.ts";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { GattLink, Radio } from "../../../device-drivers/ports/gatt.ts";
import { readDeviceInformation } from "../../../device-drivers/profiles/device-information/read-information.ts";

/** The least that a gateway is: it hears a device, takes what it has, and asks for more only when that is kept. */
export interface SweepingGateway {
  /** Every frame that was kept, as "address characteristic hex". */
  readonly kept: ReadonlySet<string>;
  /** The codes of the failures that were met on the way. */
  readonly failures: readonly string[];
  run(signal: AbortSignal): Promise<void>;
}

const noHistory: DeviceHistory = { lastSequenceNumber: null, lastDeviceTime: null };

/** @param confirmsEarly takes one more value before it keeps the last, as a careless gateway would */
export function sweepingGateway(
  radio: Radio,
  clock: Clock,
  { confirmsEarly = false }: { readonly confirmsEarly?: boolean } = {},
): SweepingGateway {
  const kept = new Set<string>();
  const failures: string[] = [];
  const keep = (address: string, frames: readonly RawFrame[]): void => {
    for (const { characteristic, bytes } of frames) kept.add(`${address} ${characteristic} ${toHex(bytes)}`);
  };
  const visit = async (address: string, signal: AbortSignal): Promise<void> => {
    const link = await radio.connect(address, signal);
    // What a careless gateway holds in memory is gone when the collection breaks off.
    let inMemory: readonly RawFrame[] = [];
    try {
      for await (const observed of collect(link, clock, signal)) {
        keep(address, confirmsEarly ? inMemory : framesOf(observed));
        inMemory = framesOf(observed);
      }
      keep(address, inMemory);
    } finally {
      await link.close();
    }
  };
  return {
    kept,
    failures,
    run: async (signal) => {
      for await (const { address } of radio.advertisements(signal)) {
        await visit(address, signal).catch((error: unknown) => {
          if (!(error instanceof CarepostError) && !signal.aborted) throw error;
          failures.push(error instanceof CarepostError ? error.code : "aborted");
        });
      }
    },
  };
}

async function* collect(link: GattLink, clock: Clock, signal: AbortSignal): AsyncGenerator<Observed, void> {
  const characteristics = await link.discover(signal);
  const information = await readDeviceInformation({ link, characteristics, signal });
  const match = matchDevice([...new Set(characteristics.map(({ service }) => service))], information);
  if (match === null) return;
  const { driver, quirks } = match;
  const session = { link, clock, characteristics, information, quirks, signal, history: noHistory };
  yield* driver.collect({ ...session, localTime: () => null });
}

function framesOf(observed: Observed): readonly RawFrame[] {
  if (observed.type === "measurement") return observed.measurement.frames;
  return "frames" in observed ? observed.frames : [];
}
