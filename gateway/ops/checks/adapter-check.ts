import { broken, doubtful, healthy } from "../doctor.ts";
import type { Check, Finding } from "../doctor.ts";
import { withoutBluetoothd } from "./bluetoothd-check.ts";
import type { BluezObject, BluezVisit } from "./bluez-visit.ts";
import type { Machine } from "./machine.ts";

/** Are the adapters there that the gateway is to use, switched on, and able to? */
export const adapterCheck = (visit: BluezVisit, machine: Machine, wanted: readonly string[]): Check => ({
  name: "adapter",
  run: async (signal) => {
    const seen = await visit.look(signal);
    if (seen.type !== "up") return withoutBluetoothd();
    const present = seen.adapters.map(adapterOf);
    const inKernel = machine.list("/sys/class/bluetooth").filter((name) => /^hci\d+$/.test(name));
    return judge(present, wanted, inKernel);
  },
});

/** An adapter as bluetoothd knows it. */
export interface SeenAdapter {
  readonly name: string;
  readonly address: string;
  readonly isPowered: boolean;
  /** May it be a central? Null where this bluetoothd does not say. */
  readonly isCentral: boolean | null;
}

export function adapterOf({ path, properties }: BluezObject): SeenAdapter {
  const roles = properties["Roles"];
  return {
    name: path.slice(path.lastIndexOf("/") + 1),
    address: String(properties["Address"]).toUpperCase(),
    isPowered: properties["Powered"] === true,
    isCentral: Array.isArray(roles) ? roles.includes("central") : null,
  };
}

/** The adapter that a gateway would use: the first one that was named, else the first that has power. */
export function chosenAdapter(present: readonly SeenAdapter[], wanted: readonly string[]): SeenAdapter | null {
  const named = present.find((adapter) => wanted.some((name) => isNamed(adapter, name)));
  return named ?? (wanted.length > 0 ? null : (present.find(({ isPowered }) => isPowered) ?? present[0] ?? null));
}

const isNamed = ({ name, address }: SeenAdapter, wanted: string): boolean =>
  name === wanted || address === wanted.toUpperCase();

/** @param inKernel the adapters that the kernel has */
export function judge(
  present: readonly SeenAdapter[],
  wanted: readonly string[],
  inKernel: readonly string[],
): Finding {
  if (present.length === 0) return noAdapter(inKernel);
  const missing = wanted.filter((name) => !present.some((adapter) => isNamed(adapter, name)));
  const names = present.map(({ name }) => name).join(", ");
  const chosen = chosenAdapter(present, wanted);
  if (chosen === null) {
    return broken(
      `there is no ${missing.join(" and no ")}, only ${names}`,
      "Plug it in, or name another in radio.adapters; by its address it is found in whichever socket it is.",
    );
  }
  if (!chosen.isPowered) {
    return broken(
      `${chosen.name} is switched off`,
      "Switch it on: `bluetoothctl power on`; and at each boot: AutoEnable = true in [Policy] of /etc/bluetooth/main.conf.",
    );
  }
  if (chosen.isCentral === false) {
    return broken(`${chosen.name} does not speak Bluetooth Low Energy`, "Use an adapter of Bluetooth 4.0 or newer.");
  }
  if (missing.length === 0) return healthy(`${chosen.name} is on${wanted.length > 1 ? `, of ${names}` : ""}`);
  return doubtful(
    `${chosen.name} is on, but there is no ${missing.join(" and no ")} to fall back on`,
    "Plug it in, or take it out of radio.adapters.",
  );
}

function noAdapter(inKernel: readonly string[]): Finding {
  if (inKernel.length > 0) {
    return broken(
      `the kernel has ${inKernel.join(", ")}, and bluetoothd has none: another program holds it for itself, or it does not start up`,
      "End what else uses it (the check of other programs names them), unplug it and plug it in; `dmesg | grep -i bluetooth` says why it does not start.",
    );
  }
  return broken(
    "there is no Bluetooth adapter",
    "Plug one in. If one is there, `dmesg | grep -i bluetooth` says what it lacks: most often its firmware.",
  );
}
