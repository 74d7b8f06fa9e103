import { withinTime } from "../../device-drivers/kit/guarded-link.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { GattLink, Radio } from "../../device-drivers/ports/gatt.ts";

/**
 * A device that is awake answers at its next advertisement, which is at most 10.24 s away (Core Vol 6 Part B 4.4.2.2),
 * and a radio that also scans may miss the first. One that takes longer has gone to sleep, and keeps others waiting.
 */
const connectMsMax = 20_000;

/** Connects, or rejects within 20 s: with `connect-timeout`, or as `Radio.connect` does. */
export async function connectDevice(
  { radio, clock }: { readonly radio: Radio; readonly clock: Clock },
  address: string,
  signal: AbortSignal,
): Promise<GattLink> {
  try {
    return await withinTime({ clock, limitMs: connectMsMax, signal }, (bounded) => radio.connect(address, bounded));
  } catch (error) {
    if (!gattErrors.is(error, "operation-timeout")) throw error;
    const message = `the device did not let itself be connected to within ${connectMsMax} ms`;
    throw gattErrors.make("connect-timeout", message, { cause: error });
  }
}
