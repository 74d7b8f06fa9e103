import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { simulatorErrors } from "../simulator-error.ts";

export interface PrivateBus {
  /** For example `unix:path=/tmp/carepost-bus-x/socket`. */
  readonly address: string;
  /** Ends the daemon, which cuts everybody off. Idempotent. */
  stop(): Promise<void>;
}

const daemonPaths = ["/usr/bin/dbus-daemon", "/usr/local/bin/dbus-daemon"];
const startMsMax = 10_000;

/**
 * A message bus of one's own: a real dbus-daemon that nobody else is on, so that anybody may be `org.bluez`.
 * Rejects with `bus-unavailable`, also where dbus-daemon is not installed.
 */
export async function startPrivateBus(): Promise<PrivateBus> {
  const path = daemonPaths.find((candidate) => existsSync(candidate));
  if (path === undefined) {
    throw unavailable("a private bus needs dbus-daemon: install the package dbus (apt-get install dbus)");
  }
  const folder = mkdtempSync(join(tmpdir(), "carepost-bus-"));
  const configuration = join(folder, "bus.conf");
  writeFileSync(configuration, configurationOf(join(folder, "socket")));
  const daemon = spawn(path, [`--config-file=${configuration}`, "--nofork", "--nopidfile", "--print-address=1"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exited = once(daemon, "exit");
  const stop = async (): Promise<void> => {
    daemon.kill("SIGKILL");
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { address: await addressOf(daemon), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The daemon prints its address as soon as it listens there. Its GUID is of no use here. */
async function addressOf(daemon: ChildProcess): Promise<string> {
  if (daemon.stdout === null) throw unavailable("dbus-daemon has no output");
  const lines = createInterface({ input: daemon.stdout });
  const [line] = await Promise.race([
    once(lines, "line", { signal: AbortSignal.timeout(startMsMax) }),
    once(daemon, "exit").then(() => {
      throw unavailable("dbus-daemon ended before it listened");
    }),
  ]);
  lines.close();
  const [address = ""] = String(line).split(",");
  return address;
}

const unavailable = (message: string): Error => simulatorErrors.make("bus-unavailable", message);

/**
 * The system bus's rules are all "deny"; here each of the four message types is allowed by name, because a policy that
 * allows none of them to be received rejects every message.
 */
const configurationOf = (socket: string): string => `<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=${socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow send_type="method_call"/>
    <allow send_type="method_return"/>
    <allow send_type="error"/>
    <allow send_type="signal"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
  </policy>
</busconfig>
`;
