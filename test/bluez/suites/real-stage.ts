import { readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import { type BluezTimes, openBluezRadio } from "../../../gateway/radio/bluez/bluez.ts";
import type { ManagedRadio } from "../../../gateway/radio/managed-radio.ts";
import { realClock } from "../../../simulators/clock/real-clock.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { connectAndDie } from "../../scenarios/radio/dying-client.ts";
import type { RadioStage, RadioStageMaker } from "../../scenarios/radio/radio-stage.ts";
import { bluetoothDaemon } from "./bluetooth-daemon.ts";
import { realBluetooth } from "./real-bluetooth.ts";

const systemBus = "unix:path=/run/dbus/system_bus_socket";

const daemon = bluetoothDaemon();

/** The whole real stack: our adapter, D-Bus, bluetoothd, the kernel, and a room of its own. */
export const realStack: RadioStageMaker = {
  name: "bluetoothd on a real kernel",
  hasDaemon: true,
  confirmsAtOnce: true,
  make: () => startRealStage(),
};

/** @param times what is not as the adapter has it of itself */
export async function startRealStage(times: Partial<BluezTimes> = {}): Promise<RadioStage> {
  await daemon.start();
  const bluetooth = await realBluetooth();
  const radio = await openBluezRadio({
    adapter: bluetooth.adapterAddress,
    address: systemBus,
    clock: realClock,
    log: keptLog(),
    times,
    restartDaemon: async () => {
      await daemon.kill();
      await daemon.start();
    },
  });
  await readiness(radio);
  return {
    air: bluetooth.air,
    radio,
    type: bluetooth.type,
    daemon,
    leaveConnected: (address) => connectAndDie(systemBus, address, bluetooth.adapterAddress),
    adapter: bluetooth.adapter,
    holdings: async () => daemonHoldings(),
    stop: async () => {
      // bluetoothd takes two seconds to end a connection; the devices take none.
      for (const { address } of bluetooth.air.peripherals()) bluetooth.air.command({ type: "disconnect", address });
      await radio.close();
      await bluetooth.stop();
    },
  };
}

/** bluetoothd takes its time: it starts, meets the adapter, and powers it on. */
async function readiness(radio: ManagedRadio): Promise<void> {
  const endMs = performance.now() + 10_000;
  for (;;) {
    try {
      await radio.bonds();
      return;
    } catch (error) {
      if (!gattErrors.is(error, "adapter-absent") || performance.now() > endMs) throw error;
      await setTimeout(20);
    }
  }
}

/** What bluetoothd has of memory and of handles. */
function daemonHoldings(): Readonly<Record<string, number>> {
  const pid = daemon.pid();
  if (pid === null) return {};
  const [, kib = "0"] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return { "bluetoothd KiB": Number(kib), "bluetoothd handles": readdirSync(`/proc/${pid}/fd`).length };
}
