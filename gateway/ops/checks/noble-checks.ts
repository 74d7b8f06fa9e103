import type { RadioOptions } from "../../radio/radio-options.ts";
import { broken, doubtful, healthy, say } from "../doctor.ts";
import type { Check, Finding } from "../doctor.ts";
import type { Machine } from "./machine.ts";

type NobleOptions = Extract<RadioOptions, { readonly kind: "noble" }>;

/** Is the package there, and can it be loaded into this Node? It is tried in a process of its own: it may never return. */
export const noblePackageCheck = (options: NobleOptions, machine: Machine): Check => ({
  name: "noble",
  run: async (signal) => {
    const names = options.package === "auto" ? ["@stoprocent/noble", "@abandonware/noble"] : [options.package];
    for (const name of names) {
      const script = `require(${JSON.stringify(name)}); process.stdout.write("loaded"); process.exit(0)`;
      const said = await machine.run(process.execPath, ["-e", script], signal);
      if (said === "loaded") return limitsOf(name, machine.platform);
    }
    return broken(say("noble-absent", { packages: names.join(", ") }));
  },
});

function limitsOf(name: string, platform: string): Finding {
  if (platform !== "linux") return healthy(say("noble-loads", { package: name }));
  return doubtful(say("noble-on-linux", { package: name }));
}

const capabilities = { net_admin: 12, net_raw: 13 } as const;

/** May this process open the controller by itself? Only Linux asks for that. */
export const noblePermissionCheck = (options: NobleOptions, machine: Machine): Check => ({
  name: "permissions",
  run: () => Promise.resolve(judgePermission(options, machine)),
});

function judgePermission({ h4Socket }: NobleOptions, machine: Machine): Finding {
  if (h4Socket !== null) return healthy(say("permission-by-socket"));
  if (machine.platform !== "linux") return healthy(say("permission-by-system"));
  if (machine.list("/sys/class/bluetooth").length === 0) return broken(say("kernel-without-adapter"));
  const held = /^CapEff:\s*([0-9a-f]+)$/m.exec(machine.read("/proc/self/status") ?? "")?.[1] ?? "0";
  const missing = Object.entries(capabilities).filter(([, bit]) => ((BigInt(`0x${held}`) >> BigInt(bit)) & 1n) === 0n);
  if (missing.length === 0) return healthy(say("permission-granted"));
  const names = missing.map(([name]) => `cap_${name}`).join(", ");
  return broken(say("permission-lacking", { capabilities: names, program: process.execPath }));
}
