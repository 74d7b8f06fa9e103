import { broken, healthy, say, skipped } from "../doctor.ts";
import type { Check, Finding } from "../doctor.ts";
import type { BluezLook, BluezVisit } from "./bluez-visit.ts";
import type { Machine } from "./machine.ts";

/** Is there a bluetoothd, does it let us in, and does it answer? */
export const bluetoothdCheck = (visit: BluezVisit, machine: Machine): Check => ({
  name: "bluetoothd",
  run: async (signal) => {
    const seen = await visit.look(signal);
    if (seen.type !== "up") return absence(seen.type, machine);
    const version = await versionOf(seen.processId, machine, signal);
    return healthy(version === null ? say("bluetoothd-of-unknown-version") : say("bluetoothd-answers", { version }));
  },
});

/** For the checks that look into bluetoothd: who is first told that there is none needs no more. */
export const withoutBluetoothd = (): Finding => skipped(say("needs-bluetoothd"));

function absence(type: Exclude<BluezLook["type"], "up">, machine: Machine): Finding {
  if (type === "no-answer") return broken(say("bluetoothd-mute"));
  if (type === "denied") return broken(say("bluetoothd-denied"));
  if (type === "no-bus") return broken(say("no-message-bus"));
  if (daemonPath(machine) === null) return broken(say("bluez-absent"));
  const hasAdapter = machine.list("/sys/class/bluetooth").length > 0;
  return broken(say(hasAdapter ? "bluetoothd-down" : "bluetoothd-without-adapter"));
}

/** Where distributions put it; Debian's is the first. */
const usualPaths = [
  "/usr/libexec/bluetooth/bluetoothd",
  "/usr/lib/bluetooth/bluetoothd",
  "/usr/sbin/bluetoothd",
  "/usr/local/libexec/bluetooth/bluetoothd",
];

function daemonPath(machine: Machine): string | null {
  return (
    usualPaths.find((path) => {
      const cut = path.lastIndexOf("/");
      return machine.list(path.slice(0, cut)).includes(path.slice(cut + 1));
    }) ?? null
  );
}

/** The bus does not tell it, so the program is asked: the one that runs, where that may be known. */
async function versionOf(processId: number | null, machine: Machine, signal: AbortSignal): Promise<string | null> {
  const running = processId === null ? null : machine.follow(`/proc/${processId}/exe`);
  const program = running ?? daemonPath(machine);
  if (program === null || !program.endsWith("/bluetoothd")) return null;
  const said = await machine.run(program, ["--version"], signal);
  return /^\d+\.\d+/.exec(said?.trim() ?? "")?.[0] ?? null;
}
