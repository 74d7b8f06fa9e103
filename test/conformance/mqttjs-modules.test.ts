import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { startScriptedBroker } from "../doubles/scripted-broker.ts";

test("a connection loads nothing of WebSockets and proxies, and makes no buffers for numbers that nobody sends", async () => {
  const broker = await startScriptedBroker();
  const thread = new Worker(new URL("./mqttjs-modules-thread.ts", import.meta.url), { workerData: broker.url });
  const ended = once(thread, "exit");
  const [told = []]: readonly string[][] = await once(thread, "message");
  await ended;
  await broker.stop();
  const packages = told.map((file) => /.*node_modules[/]([^/]+)/.exec(file)?.[1] ?? file);
  expect(packages).toEqual(expect.arrayContaining(["mqtt", "mqtt-packet", "numbers: false"]));
  expect(packages.filter((name) => ["ws", "socks", "ip-address"].includes(name))).toEqual([]);
});
