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
  /** SIGKILL: it forgets all that it had. */
  kill(): Promise<void>;
  /** Starts it again, on the same port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** @param settings lines of mosquitto.conf beside those of the double */
export async function startMosquitto(path: string, settings: readonly string[] = []): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), "carepost-mosquitto-"));
  const port = await freePort();
  const configuration = join(folder, "mosquitto.conf");
  const own = [`listener ${port} 127.0.0.1`, "allow_anonymous true", "set_tcp_nodelay true"];
  writeFileSync(configuration, `${[...own, ...settings].join("\n")}\n`);
  let running = await runMosquitto(path, configuration, port);
  return {
    url: `mqtt://127.0.0.1:${port}`,
    kill: () => running.stop(),
    start: async () => {
      running = await runMosquitto(path, configuration, port);
    },
    stop: async () => {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface RunningMosquitto {
  /** Lets it read its files anew, as SIGHUP does. */
  reload(): void;
  stop(): Promise<void>;
}

/** Runs it with a configuration that is there, and resolves when it listens. */
export async function runMosquitto(path: string, configuration: string, port: number): Promise<RunningMosquitto> {
  const child = spawn(path, ["-c", configuration], { stdio: "ignore" });
  const exited = Promise.withResolvers<void>();
  child.on("exit", () => exited.resolve());
  await accepts(port);
  return {
    reload: () => child.kill("SIGHUP"),
    stop: async () => {
      child.kill("SIGKILL");
      await exited.promise;
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
