import { broken, doubtful, healthy, say } from "../doctor.ts";
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
  const missing = wanted.filter((name) => !present.some((adapter) => isNamed(adapter, name))).join(", ");
  const adapters = present.map(({ name }) => name).join(", ");
  const chosen = chosenAdapter(present, wanted);
  if (chosen === null) return broken(say("adapter-not-found", { missing, adapters }));
  const { name: adapter } = chosen;
  if (!chosen.isPowered) return broken(say("adapter-off", { adapter }));
  if (chosen.isCentral === false) return broken(say("adapter-classic", { adapter }));
  if (missing !== "") return doubtful(say("adapter-without-fallback", { adapter, missing }));
  return healthy(
    wanted.length > 1 ? say("adapter-on-of-several", { adapter, adapters }) : say("adapter-on", { adapter }),
  );
}

const noAdapter = (inKernel: readonly string[]): Finding =>
  broken(inKernel.length > 0 ? say("adapter-held", { adapters: inKernel.join(", ") }) : say("adapter-absent"));
