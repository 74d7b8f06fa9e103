import { startBluezRig } from "../../gateway/radio/bluez/bluez-rig.ts";
import { connectAndDie } from "./dying-client.ts";
import type { RadioStage, RadioStageMaker } from "./radio-stage.ts";

/** Our BlueZ adapter, a real message bus, and a simulated bluetoothd on it whose own waits take a hundredth. */
export const simulatedStage: RadioStageMaker = {
  name: "simulated bluetoothd",
  hasDaemon: true,
  confirmsAtOnce: true,
  make: async (): Promise<RadioStage> => {
    const levers: { restart: () => Promise<void> } = { restart: () => Promise.resolve() };
    const rig = await startBluezRig({ restartDaemon: () => levers.restart() }, { bonds: "none" });
    const daemon = {
      kill: async (): Promise<void> => rig.bluez.daemon.kill(),
      start: (): Promise<void> => rig.bluez.daemon.start(),
    };
    levers.restart = async () => {
      await daemon.kill();
      await daemon.start();
    };
    return {
      air: rig.air,
      radio: rig.radio,
      daemon,
      leaveConnected: (address) => connectAndDie(rig.bus.address, address),
      adapter: {
        remove: async () => rig.bluez.adapter.remove(),
        add: async () => rig.bluez.adapter.add(),
      },
      stop: () => rig.stop(),
    };
  },
};
