import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

/** Debian's HAProxy, where it is installed. */
export const haproxyPath = ["/usr/sbin/haproxy", "/usr/bin/haproxy"].find((path) => existsSync(path)) ?? null;

export interface Haproxy {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * HAProxy with the lines of a configuration, of which `{port}` is the port to bind and `{servers}` the place of one
 * `server` line for each target.
 */
export async function startHaproxy(path: string, configuration: string, targets: readonly number[]): Promise<Haproxy> {
  const folder = mkdtempSync(join(tmpdir(), "carepost-haproxy-"));
  const port = await freePort();
  const file = join(folder, "haproxy.cfg");
  const servers = targets.map((target, index) => `  server ingest${index + 1} 127.0.0.1:${target} check`);
  writeFileSync(file, configuration.replace("{port}", String(port)).replace("{servers}", servers.join("\n")));
  const child = spawn(path, ["-db", "-f", file], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4000)));
  const exited = Promise.withResolvers<void>();
  child.on("exit", () => exited.resolve());
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited.promise;
    rmSync(folder, { recursive: true, force: true });
  };
  while (!(await answers(port))) {
    if (child.exitCode === null) continue;
    await stop();
    throw new RangeError(`HAProxy did not start: ${said}`);
  }
  return { port, stop };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (open: boolean) => (): void => {
      socket.destroy();
      setTimeout(() => resolve(open), 20);
    };
    socket.once("connect", answer(true)).once("error", answer(false));
  });
}
