import { once } from "node:events";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { servingPart } from "../../../../gateway/kiosk/http/serving-part.ts";
import { kioskRig, own, page } from "./kiosk-rig.ts";

const patient = { timeout: 30_000 };

test("the pages are served until the gateway stops, and it is told where", async () => {
  const { parts, log } = await kioskRig();
  const stopping = new AbortController();
  const { promise: listening, resolve: onListening } = Promise.withResolvers<string>();
  const running = servingPart(parts, { host: "127.0.0.1", port: 0, onListening }).run(stopping.signal);
  const url = await listening;
  expect(await (await fetch(url)).text()).toBe(page);
  expect(log.lines).toMatchObject([{ level: "info", event: "kiosk-listening" }]);
  stopping.abort();
  await running;
  await expect(fetch(url)).rejects.toThrow("fetch failed");
});

test("a port that is taken is told and tried again, and stops nothing", async () => {
  const { parts, log, clock } = await kioskRig();
  const holder = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void holder.close());
  await once(holder, "listening");
  const { port } = z.object({ port: z.int() }).parse(holder.address());
  const stopping = new AbortController();
  const urls: string[] = [];
  const onListening = (url: string): void => void urls.push(url);
  const running = servingPart(parts, { host: "127.0.0.1", port, onListening }).run(stopping.signal);
  await expect.poll(() => log.lines.map(({ event }) => event), patient).toEqual(["kiosk-not-listening"]);
  holder.close();
  await once(holder, "close");
  const served = async (): Promise<readonly string[]> => {
    await clock.advance(10_000);
    return urls;
  };
  await expect.poll(served, patient).toEqual([`http://127.0.0.1:${port}/`]);
  stopping.abort();
  await running;
});

test("on every address it is also reached by the one that a request came in at, and by no stranger's name", async () => {
  const { parts } = await kioskRig();
  const stopping = new AbortController();
  const { promise: listening, resolve: onListening } = Promise.withResolvers<string>();
  const everywhere = { ...parts, names: ["hub.example.org"], isEverywhere: true };
  const running = servingPart(everywhere, { host: "0.0.0.0", port: 0, onListening }).run(stopping.signal);
  const { port } = new URL(await listening);
  for (const [address, status] of [
    ["127.0.0.1", 200],
    ["127.0.0.7", 200],
  ] as const) {
    expect((await fetch(`http://${address}:${port}/`)).status).toBe(status);
  }
  // "localhost" is a name, and was not given.
  expect((await fetch(`http://localhost:${port}/`)).status).toBe(421);
  stopping.abort();
  await running;
  expect(own.host).toContain("127.0.0.1");
});
