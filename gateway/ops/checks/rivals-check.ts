import { doubtful, healthy } from "../doctor.ts";
import type { Check, Finding } from "../doctor.ts";
import { withoutBluetoothd } from "./bluetoothd-check.ts";
import type { BluezVisit } from "./bluez-visit.ts";
import { processesOf } from "./machine.ts";
import type { Machine } from "./machine.ts";

/** Does anything else use the radio? */
export const rivalsCheck = (visit: BluezVisit, machine: Machine): Check => ({
  name: "other programs",
  run: async (signal) => {
    const seen = await visit.look(signal);
    if (seen.type !== "up") return withoutBluetoothd();
    const isSearching = seen.adapters.some(({ properties }) => properties["Discovering"] === true);
    const processes = processesOf(machine);
    const commands = processes.map(({ name, arguments: given }) => ({ name, line: given.join(" ") }));
    return judge(commands, isSearching);
  },
});

interface SeenProcess {
  /** As the kernel has it: at most 15 characters. */
  readonly name: string;
  readonly line: string;
}

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
  const rivals = processes.flatMap(({ name, line }) => {
    const known = knownRivals.find(([pattern]) => pattern.test(name));
    if (known !== undefined) return [`${name} (${known[1]})`];
    return /\/bleak|@(?:abandonware|stoprocent)\/noble/.test(line) ? [`${name} (a Bluetooth program of its own)`] : [];
  });
  const daemons = processes.filter(({ name }) => name === "bluetoothd").length;
  const gateways = processes.filter(({ line }) => isGateway(line)).length;
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

/** `carepost gateway`, however it was started; its launcher and the program count once. */
const isGateway = (line: string): boolean => /\bgateway\/cli\/main\.ts gateway\b/.test(line);
