import { doubtful, healthy, say } from "../doctor.ts";
import type { Check, Finding, Said } from "../doctor.ts";
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
const knownRivals = [
  [/^bluetoothctl$/, "rival-pairs"],
  [/^(?:btmgmt|hcitool|hciconfig|gatttool|hcidump)$/, "rival-bypasses"],
  [/^blueman-|^blueman$/, "rival-desktop-connects"],
  [/^gnome-control-c|^gnome-bluetooth|^kdeconnect|^bluedevil/, "rival-desktop-searches"],
  [/^hass$|^homeassistant$/, "rival-home-assistant"],
] as const;

/** @param isSearching does bluetoothd search, for whomever? */
export function judge(processes: readonly SeenProcess[], isSearching: boolean): Finding {
  const rivals = [...new Map(processes.flatMap(rivalOf).map((rival) => [JSON.stringify(rival), rival])).values()];
  const daemons = processes.filter(({ name }) => name === "bluetoothd").length;
  const running = processes.filter(isGateway);
  // A launcher that handed over to another Node waits for the gateway that it started.
  const gateways = running.filter(({ id }) => !running.some(({ parent }) => parent === id)).length;
  if (daemons > 1) rivals.push(say("rival-bluetoothd", { count: daemons }));
  if (gateways > 1) rivals.push(say("rival-gateways", { count: gateways }));
  if (rivals.length > 0) return doubtful(...rivals, say("rivals-end"));
  if (gateways === 1) return healthy(say("rivals-gateway-alone"));
  return isSearching ? doubtful(say("rivals-searching")) : healthy(say("rivals-none"));
}

function rivalOf({ name: program, arguments: given }: SeenProcess): readonly Said[] {
  const known = knownRivals.find(([pattern]) => pattern.test(program));
  if (known !== undefined) return [say(known[1], { program })];
  const isOwn = /\/bleak|@(?:abandonware|stoprocent)\/noble/.test(given.join(" "));
  return isOwn ? [say("rival-program", { program })] : [];
}

function isGateway({ arguments: given }: SeenProcess): boolean {
  const command = given.findIndex((argument) => /(?:^|\/)carepost(?:\.mjs)?$|\/gateway\/cli\/main\.ts$/.test(argument));
  return command >= 0 && given[command + 1] === "gateway" && !given.includes("--print-config");
}
