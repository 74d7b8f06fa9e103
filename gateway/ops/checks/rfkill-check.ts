import { broken, healthy, say } from "../doctor.ts";
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
    if (hard.length > 0) return Promise.resolve(broken(say("rfkill-hard")));
    if (soft.length > 0) return Promise.resolve(broken(say("rfkill-soft")));
    return Promise.resolve(healthy(say(found.length === 0 ? "rfkill-none" : "rfkill-off")));
  },
});

const wordOf = (machine: Machine, name: string, file: string): string =>
  (machine.read(`${switches}/${name}/${file}`) ?? "").trim();
