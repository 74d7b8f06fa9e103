import {
  dropInPath,
  judgeMainConf,
  leftOutPlugins,
  mainConfPath,
  unwantedPlugins,
} from "../../radio/bluez/hardening.ts";
import type { HardeningFinding } from "../../radio/bluez/hardening.ts";
import { broken, doubtful, healthy } from "../doctor.ts";
import type { Check, Finding } from "../doctor.ts";
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
      return doubtful(`${mainConfPath} may not be read by this user`, `Let it be read: \`chmod a+r ${mainConfPath}\`.`);
    }
    const line = seen.processId === null ? null : machine.read(`/proc/${seen.processId}/cmdline`);
    return judge(judgeMainConf(machine.read(mainConfPath) ?? ""), line?.split("\0") ?? null);
  },
});

/** @param commandLine of bluetoothd; null where it cannot be known */
export function judge(findings: readonly HardeningFinding[], commandLine: readonly string[] | null): Finding {
  const left = commandLine === null ? null : (leftOutPlugins(commandLine) ?? []);
  const loaded = left === null ? [] : unwantedPlugins.filter((plugin) => !left.includes(plugin));
  const found = findings.map(
    ({ advice, found: value }) => `${advice.key} is ${value ?? `${advice.unset}, as it is not set`}`,
  );
  const mends = findings.map(({ advice }) => {
    const change = advice.leaveUnset === true ? `take ${advice.key} out` : `${advice.key} = ${advice.value}`;
    return `${mainConfPath}, [${advice.section}]: ${change}. ${advice.why}`;
  });
  if (loaded.length > 0) {
    found.push(`plugins are loaded that no meter needs: ${loaded.join(", ")}`);
    mends.push(
      `Write ${dropInPath} as gateway/README.md shows it: some of these plugins turn a stranger into a keyboard.`,
    );
  }
  if (found.length === 0) return healthy("Low Energy alone, and no pairing that nobody asked for");
  const isUnsafe = findings.some(({ advice }) => advice.weight === "must");
  const mend = [...mends, "Then `systemctl daemon-reload && systemctl restart bluetooth`."].join("\n");
  return (isUnsafe ? broken : doubtful)(found.join("; "), mend);
}
