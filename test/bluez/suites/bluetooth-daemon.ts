import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { mainConfText, unwantedPlugins } from "../../../gateway/radio/bluez/hardening.ts";
import type { DaemonLever } from "../../contracts/managed-radio.ts";
import { guestPackages } from "../debian-packages.ts";

const configurationPath = "/run/carepost-main.conf";
const outputPath = "/out/bluetoothd.log";
const pidPath = "/run/carepost-bluetoothd.pid";
const endMsMax = 5_000;

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
      await endLeftDaemon();
      const output = openSync(outputPath, "a");
      const parameters = ["-n", "-f", configurationPath, `--noplugin=${unwantedPlugins.join(",")}`];
      running = spawn(path, parameters, { stdio: ["ignore", output, output] });
      await once(running, "spawn");
      writeFileSync(pidPath, `${running.pid}`);
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

/** Each suite is a process, and starts a daemon of its own: the one that the suite before has left gives way to it. */
export async function endLeftDaemon(): Promise<void> {
  if (!existsSync(pidPath)) return;
  const pid = Number(readFileSync(pidPath, "utf8"));
  rmSync(pidPath);
  if (!isRunning(pid)) return;
  process.kill(pid, "SIGKILL");
  const untilMs = performance.now() + endMsMax;
  while (isRunning(pid)) {
    if (performance.now() > untilMs) throw new RangeError(`the bluetoothd ${pid} of the suite before does not end`);
    await sleep(10);
  }
}

/** A process that has ended, and that nobody has waited for yet, runs no more. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    // Gone, at the latest while it was looked at.
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return false;
    throw error;
  }
}

function daemonPath(): string {
  const candidates = guestPackages.find(({ name }) => name === "bluez")?.files ?? [];
  const path = candidates.find((file) => existsSync(file));
  if (path === undefined) throw new RangeError("there is no bluetoothd in this guest");
  return path;
}
