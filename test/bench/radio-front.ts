import { join } from "node:path";
import { serveAir } from "../../simulators/air/air-server.ts";
import type { VirtualAir } from "../../simulators/air/virtual-air.ts";
import { serveBluez } from "../../simulators/bluez/serve-bluez.ts";
import { startPrivateBus } from "../doubles/private-bus.ts";

/**
 * The level at which the gateway meets the air's devices: the same measurements are made at each. What a front costs must
 * not fall to the gateway's process.
 */
export interface RadioFront {
  readonly name: string;
  /** Lets a gateway process hear the air. */
  serve(air: VirtualAir, folder: string): Promise<ServedFront>;
}

export interface ServedFront {
  /** The section `radio` of the gateway's configuration. */
  readonly radio: Readonly<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** The air's own socket: what the gateway itself costs, without a stack below it. */
export const virtualAirFront: RadioFront = {
  name: "virtual air",
  serve: async (air, folder) => {
    const socket = join(folder, "air.sock");
    const stopping = new AbortController();
    const { ended } = await serveAir(air, socket, stopping.signal);
    return {
      radio: { kind: "virtual", socket },
      stop: async () => {
        stopping.abort();
        await ended;
      },
    };
  },
};

/**
 * A simulated bluetoothd on a message bus of its own, which waits as long as the real one does: what D-Bus and the BlueZ
 * adapter cost.
 */
export const simulatedBluezFront: RadioFront = {
  name: "simulated bluetoothd",
  serve: async (air) => {
    const bus = await startPrivateBus();
    const bluez = await serveBluez(air, bus, { bonds: "all" });
    return {
      radio: { kind: "bluez", bus: bus.address },
      stop: async () => {
        await bluez.stop();
        await bus.stop();
      },
    };
  },
};
