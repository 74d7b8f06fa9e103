import { type BluezOptions, openBluezRadio } from "../../../../gateway/radio/bluez/bluez.ts";
import type { ManagedRadio } from "../../../../gateway/radio/managed-radio.ts";
import { createVirtualAir, type VirtualAir } from "../../../../simulators/air/virtual-air.ts";
import {
  serveBluez,
  type SimulatedBluez,
  type SimulatedBluezOptions,
} from "../../../../simulators/bluez/serve-bluez.ts";
import { pacedClock } from "../../../../simulators/clock/paced-clock.ts";
import { realClock } from "../../../../simulators/clock/real-clock.ts";
import { type PrivateBus, startPrivateBus } from "../../../doubles/private-bus.ts";

export interface BluezRig {
  readonly air: VirtualAir;
  readonly bus: PrivateBus;
  readonly bluez: SimulatedBluez;
  readonly radio: ManagedRadio;
  stop(): Promise<void>;
}

/** bluetoothd's own waits, of up to 40 s, pass in a hundredth of the time. */
const pace = 100;

const quiet = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

/** The real adapter and a simulated bluetoothd, on a message bus of their own. */
export async function startBluezRig(
  options: Partial<BluezOptions> = {},
  simulated: SimulatedBluezOptions = {},
): Promise<BluezRig> {
  const air = createVirtualAir({ clock: realClock, seed: 1, advertisingIntervalMs: 1 });
  const bus = await startPrivateBus();
  const bluez = await serveBluez(air, bus, { clock: pacedClock(realClock, pace), ...simulated });
  const radio = await openBluezRadio({
    adapter: null,
    address: bus.address,
    clock: realClock,
    log: quiet,
    restartDaemon: null,
    ...options,
    times: { findTimeoutMs: 300, connectTimeoutMs: 2_000, resolveTimeoutMs: 500, scanPeriodMs: 50, ...options.times },
  });
  const stop = async (): Promise<void> => {
    await radio.close();
    await bluez.stop();
    await bus.stop();
  };
  return { air, bus, bluez, radio, stop };
}
