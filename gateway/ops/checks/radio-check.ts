import type { Radio } from "../../../device-drivers/ports/gatt.ts";
import { doubtful, healthy } from "../doctor.ts";
import type { Check } from "../doctor.ts";

/** Does the radio listen, and what does it hear in a moment? */
export const radioCheck = (radio: Radio, listenMs = 1500): Check => ({
  name: "radio",
  run: async (signal) => {
    const heard = new Set<string>();
    const listening = AbortSignal.any([signal, AbortSignal.timeout(listenMs)]);
    for await (const { address } of radio.advertisements(listening)) heard.add(address);
    if (heard.size > 0)
      return healthy(`it answers, and hears ${heard.size === 1 ? "a device" : `${heard.size} devices`}`);
    return doubtful(
      "it answers, and hears no device",
      "Wake a device up and bring it near; most of them are silent until somebody measures.",
    );
  },
});
