import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";

test("a thread whose modules are in the compile cache loads no type stripper, and so runs no WebAssembly", async () => {
  // The first start fills the cache if nothing has: a thread writes what it compiled when it ends.
  await loadedInThread();
  const loaded = await loadedInThread();
  expect(loaded.length).toBeGreaterThan(20);
  expect(loaded.filter((name) => name.includes("amaro"))).toEqual([]);
});

async function loadedInThread(): Promise<readonly string[]> {
  const thread = new Worker(new URL("./loaded-modules-thread.ts", import.meta.url));
  const ended = once(thread, "exit");
  const [loaded]: readonly string[][] = await once(thread, "message");
  await ended;
  return loaded ?? [];
}
