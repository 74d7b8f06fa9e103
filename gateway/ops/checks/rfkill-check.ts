import { broken, healthy } from "../doctor.ts";
import type { Check } from "../doctor.ts";
import type { Machine } from "./machine.ts";

const switches = "/sys/class/rfkill";

/** Is Bluetooth switched off, by a program or by a switch? */
export const rfkillCheck = (machine: Machine): Check => ({
  name: "rfkill",
  run: () => {
    const found = machine.list(switches).filter((name) => wordOf(machine, name, "type") === "bluetooth");
    const hard = found.filter((name) => wordOf(machine, name, "hard") === "1");
    const soft = found.filter((name) => wordOf(machine, name, "soft") === "1");
    if (hard.length > 0) {
      return Promise.resolve(
        broken(
          "Bluetooth is switched off by a switch, a key, or the firmware",
          "Use the machine's own switch or key for wireless, or allow Bluetooth in its firmware set-up: no command can.",
        ),
      );
    }
    if (soft.length > 0) {
      return Promise.resolve(
        broken(
          "Bluetooth is switched off by a program, as flight mode does",
          "Switch it on: `rfkill unblock bluetooth`.",
        ),
      );
    }
    const count = found.length === 0 ? "this machine has no switch for Bluetooth" : "Bluetooth is not switched off";
    return Promise.resolve(healthy(count));
  },
});

const wordOf = (machine: Machine, name: string, file: string): string =>
  (machine.read(`${switches}/${name}/${file}`) ?? "").trim();
