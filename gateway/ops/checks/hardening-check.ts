import {
  dropInPath,
  judgeMainConf,
  leftOutPlugins,
  mainConfPath,
  unwantedPlugins,
} from "../../radio/bluez/hardening.ts";
import type { HardeningFinding } from "../../radio/bluez/hardening.ts";
import { broken, doubtful, healthy, say } from "../doctor.ts";
import type { Check, Finding, Said } from "../doctor.ts";
import { withoutBluetoothd } from "./bluetoothd-check.ts";
import type { BluezVisit } from "./bluez-visit.ts";
import type { Machine } from "./machine.ts";

/** Is bluetoothd set up for Low Energy alone, as `radio/bluez/hardening.ts` advises? */
export const hardeningCheck = (visit: BluezVisit, machine: Machine): Check => ({
  name: "bluetooth setup",
  run: async (signal) => {
    const seen = await visit.look(signal);
    if (seen.type !== "up") return withoutBluetoothd();
    if (machine.isDenied(mainConfPath)) {
      return doubtful(say("bluez-unreadable", { file: mainConfPath }));
    }
    const line = seen.processId === null ? null : machine.read(`/proc/${seen.processId}/cmdline`);
    return judge(judgeMainConf(machine.read(mainConfPath) ?? ""), line?.split("\0") ?? null);
  },
});

/** @param commandLine of bluetoothd; null where it cannot be known */
export function judge(findings: readonly HardeningFinding[], commandLine: readonly string[] | null): Finding {
  const left = commandLine === null ? null : (leftOutPlugins(commandLine) ?? []);
  const loaded = left === null ? [] : unwantedPlugins.filter((plugin) => !left.includes(plugin));
  const said = [
    ...findings.map(settingOf),
    ...(loaded.length === 0 ? [] : [say("bluez-plugins", { plugins: loaded.join(", "), file: dropInPath })]),
  ];
  if (said.length === 0) return healthy(say("bluez-set-up"));
  const isUnsafe = findings.some(({ advice }) => advice.weight === "must");
  return (isUnsafe ? broken : doubtful)(...said, say("bluez-restart"));
}

function settingOf({ advice, found }: HardeningFinding): Said {
  const { key, section, value, unset, why, leaveUnset = false } = advice;
  const facts = { file: mainConfPath, section, key, why, found: found ?? unset };
  if (leaveUnset) return say("bluez-setting-needless", facts);
  return found === null ? say("bluez-setting-unset", { ...facts, value }) : say("bluez-setting", { ...facts, value });
}
