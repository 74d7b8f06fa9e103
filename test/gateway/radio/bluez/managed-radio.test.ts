import type { Clock } from "../../../../device-drivers/ports/clock.ts";
import { openBluezRadio } from "../../../../gateway/radio/bluez/bluez.ts";
import { createVirtualAir } from "../../../../simulators/air/virtual-air.ts";
import { pacedClock } from "../../../../simulators/clock/paced-clock.ts";
import { serveBluez } from "../../../../simulators/bluez/serve-bluez.ts";
import { managedRadioContract, type ManagedHarness } from "../../../contracts/managed-radio.ts";
import { keptLog } from "../../../doubles/kept-log.ts";
import { startPrivateBus } from "../../../doubles/private-bus.ts";
import { realClock } from "../../../doubles/real-clock.ts";

/** Long waits, as the Security Manager's, are over at once. */
const hurriedClock: Clock = {
  ...realClock,
  sleep: (durationMs, signal) => realClock.sleep(durationMs >= 10_000 ? 20 : durationMs, signal),
};

managedRadioContract({
  name: "bluez radio",
  hasDaemon: true,
  make: () => stage(realClock),
  makeHurried: () => stage(hurriedClock),
});

async function stage(clock: Clock): Promise<ManagedHarness> {
  const bus = await startPrivateBus();
  const air = createVirtualAir({ clock, seed: 1, advertisingIntervalMs: 5 });
  const bluez = await serveBluez(air, bus, { clock: pacedClock(realClock, 50), bonds: "none" });
  const radio = await openBluezRadio({
    adapter: null,
    address: bus.address,
    clock: realClock,
    log: keptLog(),
    restartDaemon: null,
  });
  return {
    air,
    radio,
    daemon: { kill: async () => bluez.daemon.kill(), start: () => bluez.daemon.start() },
    adapter: { remove: async () => bluez.adapter.remove(), add: async () => bluez.adapter.add() },
    stop: async () => {
      await radio.close();
      await bluez.stop();
      await bus.stop();
    },
  };
}
