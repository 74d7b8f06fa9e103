import type { RadioOptions } from "../../radio/radio-options.ts";
import { broken, doubtful, healthy } from "../doctor.ts";
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
    return broken(
      `${names.join(" and ")} cannot be loaded`,
      "Install it beside Carepost: `npm install @stoprocent/noble`; on Linux, set radio.kind to bluez, which needs none.",
    );
  },
});

function limitsOf(name: string, platform: string): Finding {
  if (platform !== "linux")
    return healthy(`${name} can be loaded; this system itself pairs, and asks in its own windows`);
  return doubtful(
    `${name} can be loaded, but on Linux it bonds with no device that wants a passkey`,
    "Set radio.kind to bluez, unless this machine has no bluetoothd.",
  );
}

const capabilities = { net_admin: 12, net_raw: 13 } as const;

/** May this process open the controller by itself? Only Linux asks for that. */
export const noblePermissionCheck = (options: NobleOptions, machine: Machine): Check => ({
  name: "permissions",
  run: () => Promise.resolve(judgePermission(options, machine)),
});

function judgePermission({ h4Socket }: NobleOptions, machine: Machine): Finding {
  if (h4Socket !== null) return healthy("none is needed: the controller is reached by a socket");
  if (machine.platform !== "linux") return healthy("the system asks for them when Carepost first listens");
  if (machine.list("/sys/class/bluetooth").length === 0) {
    return broken(
      "the kernel has no Bluetooth adapter, or no Bluetooth at all",
      "Plug one in, and load the driver: `modprobe btusb`; `dmesg | grep -i bluetooth` says what it lacks.",
    );
  }
  const held = /^CapEff:\s*([0-9a-f]+)$/m.exec(machine.read("/proc/self/status") ?? "")?.[1] ?? "0";
  const missing = Object.entries(capabilities).filter(([, bit]) => ((BigInt(`0x${held}`) >> BigInt(bit)) & 1n) === 0n);
  if (missing.length === 0) return healthy("it may open the controller by itself");
  return broken(
    `this process may not open the controller: it lacks ${missing.map(([name]) => `cap_${name}`).join(" and ")}`,
    `In its systemd unit: AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN, and AF_BLUETOOTH in RestrictAddressFamilies if that is set; by hand: \`setcap cap_net_raw,cap_net_admin+eip ${process.execPath}\`.`,
  );
}
