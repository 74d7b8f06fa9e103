import type { VirtualAir } from "../air/virtual-air.ts";
import { startPrivateBus } from "./private-bus.ts";
import { serveBluez } from "./serve-bluez.ts";

export interface ExportedBluez {
  /** What a gateway takes as the environment variable DBUS_SYSTEM_BUS_ADDRESS. */
  readonly address: string;
  stop(): Promise<void>;
}

/**
 * Serves an air as `org.bluez` in real time.
 * @param place the address of a bus, or `private` for one that is started and ended with it
 * @throws CarepostError `bus-unavailable`
 */
export async function exportBluez(air: VirtualAir, place: string): Promise<ExportedBluez> {
  const own = place === "private" ? await startPrivateBus() : null;
  const address = own?.address ?? place;
  try {
    const bluez = await serveBluez(air, { address });
    return {
      address,
      stop: async () => {
        await bluez.stop();
        await own?.stop();
      },
    };
  } catch (error) {
    await own?.stop();
    throw error;
  }
}
