import type { DeviceBond, Store } from "../../store/store.ts";
import { doubtful, healthy, say, skipped } from "../doctor.ts";
import type { Check, Finding, Said } from "../doctor.ts";
import { withoutBluetoothd } from "./bluetoothd-check.ts";
import type { BluezObject, BluezVisit } from "./bluez-visit.ts";

/** Does bluetoothd still have the keys that the gateway counts on? */
export const bondsCheck = (visit: BluezVisit, store: Pick<Store, "bonds"> | null): Check => ({
  name: "bonds",
  run: async (signal) => {
    if (store === null) return skipped(say("no-store"));
    const seen = await visit.look(signal);
    return seen.type === "up" ? judge(await store.bonds(), seen.devices) : withoutBluetoothd();
  },
});

/** A device that is named by its name is known to its owner; an address is told to nobody who reads over a shoulder. */
export function judge(bonds: readonly DeviceBond[], devices: readonly BluezObject[]): Finding {
  const held = new Set(
    devices.flatMap(({ properties }) =>
      properties["Bonded"] === true || properties["Paired"] === true
        ? [String(properties["Address"]).toUpperCase()]
        : [],
    ),
  );
  const counted = bonds.filter(({ state, forgetsKey }) => state !== "none" && !forgetsKey);
  const gone = counted.filter(({ address, state }) => state === "bonded" && !held.has(address));
  const lost = counted.filter(({ state }) => state === "lost");
  const doubts = [...doubtsOf("bonds-gone", gone), ...doubtsOf("bonds-lost", lost)];
  if (doubts.length > 0) return doubtful(...doubts);
  return healthy(counted.length === 0 ? say("bonds-none") : say("bonds-whole", { devices: counted.length }));
}

function doubtsOf(code: "bonds-gone" | "bonds-lost", bonds: readonly DeviceBond[]): readonly Said[] {
  const names = bonds.flatMap(({ name }) => (name === null ? [] : [name]));
  const devices = bonds.length - names.length;
  return [
    ...(names.length === 0 ? [] : [say(code, { names: names.join(", ") })]),
    ...(devices === 0 ? [] : [say(`${code}-nameless`, { devices })]),
  ];
}
