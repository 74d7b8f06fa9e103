import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { freePort } from "./free-port.ts";

/** Debian's mosquitto, where it is installed: a broker in C that speaks MQTT 5 and owes nothing to this project. */
export const mosquittoPath = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto"].find((path) => existsSync(path)) ?? null;

export interface Mosquitto {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export async function startMosquitto(path: string): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), "carepost-mosquitto-"));
  const port = await freePort();
  const configuration = join(folder, "mosquitto.conf");
  writeFileSync(configuration, `listener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n`);
  const child = spawn(path, ["-c", configuration], { stdio: "ignore" });
  const exited = Promise.withResolvers<void>();
  child.on("exit", () => exited.resolve());
  await accepts(port);
  return {
    url: `mqtt://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill("SIGKILL");
      await exited.promise;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function accepts(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = Promise.withResolvers<boolean>();
    const socket = connect(port, "127.0.0.1", () => answer.resolve(true));
    socket.on("error", () => answer.resolve(false));
    const open = await answer.promise;
    socket.destroy();
    if (open) return;
    await setTimeout(20);
  }
  throw new RangeError(`nothing listens on port ${port}`);
}
