import { onTestFinished } from "vitest";
import { createVirtualAir, type VirtualAir } from "../../../simulators/air/virtual-air.ts";
import {
  type BluetoothFront,
  type BluetoothFrontEvent,
  type BluetoothFrontOptions,
  serveOverHci,
} from "../../../simulators/bluetooth/bluetooth-front.ts";
import { createMedium, type Medium } from "../../../simulators/bluetooth/medium/medium.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import type { VirtualPeripheral } from "../../../simulators/peripherals/virtual-peripheral.ts";
import { seededRandom } from "../../../simulators/random.ts";
import type { CentralLink } from "../../doubles/bluetooth/central-link.ts";
import { LeCentral } from "../../doubles/bluetooth/le-central.ts";

/** An air with one device, served over HCI, and a central that hears it. Time is the test's. */
export interface FrontRig {
  readonly clock: VirtualClock;
  readonly air: VirtualAir;
  readonly medium: Medium;
  readonly front: BluetoothFront;
  readonly central: LeCentral;
  readonly events: readonly BluetoothFrontEvent[];
  /** Connects to a device of the air, by its address there. */
  readonly connect: (address: string) => Promise<CentralLink>;
  /** Moves time until the work is done. */
  readonly until: <T>(work: Promise<T>) => Promise<T>;
}

export async function frontRig(
  peripheral: VirtualPeripheral,
  options: Partial<BluetoothFrontOptions> = {},
): Promise<FrontRig> {
  const clock = createVirtualClock(Date.UTC(2026, 2, 1, 8));
  const air = createVirtualAir({ clock, seed: 1 });
  air.add(peripheral);
  return await rigAround({ clock, air, options });
}

export async function rigAround({
  clock,
  air,
  options,
}: {
  readonly clock: VirtualClock;
  readonly air: VirtualAir;
  readonly options: Partial<BluetoothFrontOptions>;
}): Promise<FrontRig> {
  const medium = createMedium({ clock, seed: 1 });
  const events: BluetoothFrontEvent[] = [];
  const front = serveOverHci(air, medium, { clock, seed: 1, tell: (event) => events.push(event), ...options });
  onTestFinished(() => {
    front.close();
    medium.close();
  });
  const until = async <T>(work: Promise<T>): Promise<T> => await clock.runUntil(work, 120_000);
  const random = seededRandom(2);
  const central = await until(LeCentral.open(medium.controller().host(), { clock, random }));
  const isRandom = (address: string): boolean =>
    air.peripherals().find((device) => device.address === address)?.addressKind !== "public";
  return {
    clock,
    air,
    medium,
    front,
    central,
    events,
    until,
    connect: async (address) => {
      // The device may not be advertising yet; then its address in use is one of the past.
      await clock.advance(100);
      return await until(central.connect(front.addressOf(address) ?? address, isRandom(address)));
    },
  };
}
