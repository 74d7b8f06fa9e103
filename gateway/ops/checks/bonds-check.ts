import type { DeviceBond, Store } from "../../store/store.ts";
import { doubtful, healthy, skipped } from "../doctor.ts";
import type { Check, Finding } from "../doctor.ts";
import { withoutBluetoothd } from "./bluetoothd-check.ts";
import type { BluezObject, BluezVisit } from "./bluez-visit.ts";

/** Does bluetoothd still have the keys that the gateway counts on? */
export const bondsCheck = (visit: BluezVisit, store: Pick<Store, "bonds"> | null): Check => ({
  name: "bonds",
  run: async (signal) => {
    if (store === null) return skipped("there is no store to look into");
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
  const names = (list: readonly DeviceBond[]): string =>
    list.map(({ name }) => name ?? "a device without a name").join(", ");
  const doubts = [
    ...(gone.length === 0 ? [] : [`bluetoothd has no key any more for ${names(gone)}`]),
    ...(lost.length === 0 ? [] : [`the bond is lost with ${names(lost)}`]),
  ];
  if (doubts.length > 0) {
    return doubtful(doubts.join("; "), "Pair again, each with the device at hand: `carepost devices pair`.");
  }
  if (counted.length === 0) return healthy("no device is paired here yet");
  return healthy(
    counted.length === 1 ? "the one paired device has its key" : `all ${counted.length} paired devices have their keys`,
  );
}
