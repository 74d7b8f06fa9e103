import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import type { Radio } from "../../../device-drivers/ports/gatt.ts";
import { broken, doubtful, healthy, say } from "../doctor.ts";
import type { Check } from "../doctor.ts";

/** Does the radio listen, and what does it hear in a moment? */
export const radioCheck = (radio: Radio, socketPath: string, listenMs = 1500): Check => ({
  name: "radio",
  run: async (signal) => {
    const heard = await listen(radio, AbortSignal.any([signal, AbortSignal.timeout(listenMs)]));
    if (heard === null) {
      return broken(say("virtual-absent", { socket: socketPath }));
    }
    if (heard > 0) return healthy(say("virtual-hears", { devices: heard }));
    return doubtful(say("virtual-silent"));
  },
});

/** How many devices are heard until the signal is aborted; null if there is nothing to listen with. */
async function listen(radio: Radio, signal: AbortSignal): Promise<number | null> {
  const addresses = new Set<string>();
  try {
    for await (const { address } of radio.advertisements(signal)) addresses.add(address);
    return addresses.size;
  } catch (error) {
    if (gattErrors.is(error, "adapter-absent")) return null;
    throw error;
  }
}
