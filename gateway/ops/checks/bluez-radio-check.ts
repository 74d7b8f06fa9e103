import { DBusFailure } from "../../radio/bluez/dbus-failure.ts";
import { broken, doubtful, healthy, skipped } from "../doctor.ts";
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
    if (chosen === null || !chosen.isPowered) return skipped("needs an adapter that is switched on");
    try {
      const heard = await visit.hear(`/org/bluez/${chosen.name}`, listenMs, signal);
      if (heard > 0) return healthy(`${chosen.name} hears ${heard === 1 ? "a device" : `${heard} devices`}`);
    } catch (error) {
      if (!(error instanceof DBusFailure)) throw error;
      return broken(
        `${chosen.name} cannot search (${error.name.split(".").at(-1) ?? error.name})`,
        "Switch it off and on: `bluetoothctl power off`, `bluetoothctl power on`; if that does not help, unplug it.",
      );
    }
    return doubtful(
      `${chosen.name} hears nothing at all`,
      "Wake a device up and bring it near. If nothing is ever heard, give the adapter an extension cable: USB 3 ports drown it.",
    );
  },
});
