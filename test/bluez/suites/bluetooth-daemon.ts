import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync, writeFileSync } from "node:fs";
import { mainConfText, unwantedPlugins } from "../../../gateway/radio/bluez/hardening.ts";
import type { DaemonLever } from "../../contracts/managed-radio.ts";
import { guestPackages } from "../debian-packages.ts";

const configurationPath = "/run/carepost-main.conf";
const outputPath = "/out/bluetoothd.log";

/** The machine's bluetoothd in the set-up that the gateway asks for. One for the whole guest: it has the bus's one name. */
export interface BluetoothDaemon extends DaemonLever {
  /** What it has of memory and of handles now, for those who look for leaks in it. */
  readonly pid: () => number | null;
}

export function bluetoothDaemon(): BluetoothDaemon {
  const path = daemonPath();
  writeFileSync(configurationPath, mainConfText());
  let running: ChildProcess | null = null;
  return {
    pid: () => running?.pid ?? null,
    start: async () => {
      if (running !== null) return;
      const output = openSync(outputPath, "a");
      const parameters = ["-n", "-f", configurationPath, `--noplugin=${unwantedPlugins.join(",")}`];
      running = spawn(path, parameters, { stdio: ["ignore", output, output] });
      await once(running, "spawn");
    },
    kill: async () => {
      const killed = running;
      running = null;
      if (killed === null || killed.exitCode !== null) return;
      killed.kill("SIGKILL");
      await once(killed, "exit");
    },
  };
}

function daemonPath(): string {
  const candidates = guestPackages.find(({ name }) => name === "bluez")?.files ?? [];
  const path = candidates.find((file) => existsSync(file));
  if (path === undefined) throw new RangeError("there is no bluetoothd in this guest");
  return path;
}
