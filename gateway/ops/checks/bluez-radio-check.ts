import { DBusFailure } from "../../radio/bluez/dbus-failure.ts";
import { broken, doubtful, healthy, say, skipped } from "../doctor.ts";
import type { Check } from "../doctor.ts";
import { adapterOf, chosenAdapter } from "./adapter-check.ts";
import { withoutBluetoothd } from "./bluetoothd-check.ts";
import type { BluezVisit } from "./bluez-visit.ts";

/** Does the adapter hear anything in a moment? Devices that sleep are not heard, so silence is only a doubt. */
export const bluezRadioCheck = (visit: BluezVisit, wanted: readonly string[], listenMs: number): Check => ({
  name: "radio",
  run: async (signal) => {
    const seen = await visit.look(signal);
    if (seen.type !== "up") return withoutBluetoothd();
    const chosen = chosenAdapter(seen.adapters.map(adapterOf), wanted);
    if (chosen === null || !chosen.isPowered) return skipped(say("needs-adapter"));
    const { name: adapter } = chosen;
    try {
      const heard = await visit.hear(`/org/bluez/${adapter}`, listenMs, signal);
      if (heard > 0) return healthy(say("radio-hears", { adapter, devices: heard }));
    } catch (error) {
      if (!(error instanceof DBusFailure)) throw error;
      return broken(say("radio-cannot-search", { adapter, code: error.name.split(".").at(-1) ?? error.name }));
    }
    return doubtful(say("radio-deaf", { adapter }));
  },
});
