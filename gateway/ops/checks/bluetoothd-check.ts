import { broken, healthy, skipped } from "../doctor.ts";
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
    return healthy(`it answers; ${version === null ? "its version cannot be learnt here" : `version ${version}`}`);
  },
});

/** For the checks that look into bluetoothd: who is first told that there is none needs no more. */
export const withoutBluetoothd = (): Finding => skipped("needs bluetoothd");

function absence(type: Exclude<BluezLook["type"], "up">, machine: Machine): Finding {
  const restart = "Restart it: `systemctl restart bluetooth`; and read `journalctl -u bluetooth`.";
  if (type === "no-answer") return broken("bluetoothd is there, and does not answer within 5 s", restart);
  if (type === "denied") {
    return broken(
      "bluetoothd does not let this user in",
      "Add the user that Carepost runs as to the group: `usermod -aG bluetooth carepost`, and start Carepost anew.",
    );
  }
  if (type === "no-bus") {
    return broken(
      "there is no message bus, by which bluetoothd is spoken to",
      "Install and start it: `apt-get install dbus`, `systemctl start dbus`; in a container, share /run/dbus with it.",
    );
  }
  if (daemonPath(machine) === null) return broken("BlueZ is not installed", "Install it: `apt-get install bluez`.");
  if (machine.list("/sys/class/bluetooth").length === 0) {
    return broken(
      "bluetoothd does not run, and there is no Bluetooth adapter for it to start for",
      "Plug one in. If one is there, `dmesg | grep -i bluetooth` says what it lacks: most often its firmware.",
    );
  }
  return broken("bluetoothd does not run", "Start it, now and at each boot: `systemctl enable --now bluetooth`.");
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
