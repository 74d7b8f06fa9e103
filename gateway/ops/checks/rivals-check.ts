import { doubtful, healthy } from "../doctor.ts";
import type { Check, Finding } from "../doctor.ts";
import { withoutBluetoothd } from "./bluetoothd-check.ts";
import type { BluezVisit } from "./bluez-visit.ts";
import { processesOf } from "./machine.ts";
import type { Machine, SeenProcess } from "./machine.ts";

/** Does anything else use the radio? */
export const rivalsCheck = (visit: BluezVisit, machine: Machine): Check => ({
  name: "other programs",
  run: async (signal) => {
    const seen = await visit.look(signal);
    if (seen.type !== "up") return withoutBluetoothd();
    const isSearching = seen.adapters.some(({ properties }) => properties["Discovering"] === true);
    return judge(processesOf(machine), isSearching);
  },
});

/** Programs that search, connect, or take the controller for themselves. */
const knownRivals: readonly (readonly [pattern: RegExp, does: string])[] = [
  [/^bluetoothctl$/, "searches and pairs while it is open"],
  [/^(?:btmgmt|hcitool|hciconfig|gatttool|hcidump)$/, "speaks to the controller behind bluetoothd's back"],
  [/^blueman-|^blueman$/, "a desktop's Bluetooth: it pairs, and connects to what it knows"],
  [/^gnome-control-c|^gnome-bluetooth|^kdeconnect|^bluedevil/, "a desktop's Bluetooth: it searches while it is open"],
  [/^hass$|^homeassistant$/, "Home Assistant: it searches and connects by itself"],
];

/** @param isSearching does bluetoothd search, for whomever? */
export function judge(processes: readonly SeenProcess[], isSearching: boolean): Finding {
  const rivals = processes.flatMap(({ name, arguments: given }) => {
    const known = knownRivals.find(([pattern]) => pattern.test(name));
    if (known !== undefined) return [`${name} (${known[1]})`];
    return /\/bleak|@(?:abandonware|stoprocent)\/noble/.test(given.join(" "))
      ? [`${name} (a Bluetooth program of its own)`]
      : [];
  });
  const daemons = processes.filter(({ name }) => name === "bluetoothd").length;
  const running = processes.filter(isGateway);
  // A launcher that handed over to another Node waits for the gateway that it started.
  const gateways = running.filter(({ id }) => !running.some(({ parent }) => parent === id)).length;
  if (daemons > 1) rivals.push(`${daemons} bluetoothd: one of them is too many`);
  if (gateways > 1) rivals.push(`${gateways} gateways: they take devices away from each other`);
  if (rivals.length > 0) {
    return doubtful(
      `the radio is shared with ${[...new Set(rivals)].join(", ")}`,
      "End them, or take them off this machine: a device has one connection at a time, and air time is shared.",
    );
  }
  if (gateways === 1) return healthy("nothing but a gateway uses the radio");
  if (!isSearching) return healthy("nothing else uses the radio");
  return doubtful(
    "somebody lets bluetoothd search, and no gateway runs here",
    "Find out who: `busctl tree` and `busctl list` name those that speak to org.bluez; a desktop's settings page is most often it.",
  );
}

function isGateway({ arguments: given }: SeenProcess): boolean {
  const command = given.findIndex((argument) => /(?:^|\/)carepost(?:\.mjs)?$|\/gateway\/cli\/main\.ts$/.test(argument));
  return command >= 0 && given[command + 1] === "gateway" && !given.includes("--print-config");
}
