import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, statSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { servePrivateSocket } from "../../../gateway/control/private-socket.ts";
import { temporaryFolder } from "../store/store-rig.ts";

interface Served {
  readonly failures: readonly unknown[];
  readonly stop: () => Promise<void>;
}

/** Says its name to whoever connects. */
function serve(path: string, name: string): Served {
  const failures: unknown[] = [];
  const stopping = new AbortController();
  const meet = (socket: { end(text: string): unknown }): void => void socket.end(name);
  const failed = (cause: unknown): void => void failures.push(cause);
  const running = servePrivateSocket({ path, visitorsMax: 8, meet, failed }, stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  onTestFinished(stop);
  return { failures, stop };
}

async function visited(path: string): Promise<string> {
  const socket = connect(path);
  let said = "";
  socket.on("data", (chunk: Buffer) => (said += chunk.toString()));
  socket.on("error", (error: NodeJS.ErrnoException) => (said = error.code ?? "error"));
  await new Promise((resolve) => socket.on("close", resolve));
  return said;
}

const patient = { timeout: 30_000 };

test("a socket that a program left when it was killed is replaced by one that is ours alone", async () => {
  const path = join(temporaryFolder(), "sink.db.sock");
  const listens = `require("node:net").createServer().listen(process.argv[1], () => console.log("up"))`;
  const child = spawn(process.execPath, ["-e", listens, path], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  expect(await visited(path)).toBe("ECONNREFUSED");
  const { stop } = serve(path, "ours");
  await expect.poll(() => visited(path), patient).toBe("ours");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(dirname(path))).toEqual(["sink.db.sock"]);
  await stop();
  expect(readdirSync(dirname(path))).toEqual([]);
});

test("whoever ends leaves the socket of another alone that has taken its place", async () => {
  const path = join(temporaryFolder(), "control.sock");
  const first = serve(path, "first");
  await expect.poll(() => visited(path), patient).toBe("first");
  const second = serve(path, "second");
  await expect.poll(() => visited(path), patient).toBe("second");
  await first.stop();
  expect(await visited(path)).toBe("second");
  await second.stop();
  expect(existsSync(path)).toBe(false);
});

test("a name to which nobody could connect is a failure, and not a socket that nobody reaches", async () => {
  const folder = temporaryFolder();
  const { failures } = serve(join(folder, "long".repeat(40)), "nobody");
  await expect.poll(() => failures.length, patient).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});
