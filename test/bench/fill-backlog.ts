import { fork } from "node:child_process";
import { openStore } from "../../gateway/store/sqlite-store.ts";
import { systemClock } from "../../gateway/system-clock.ts";
import { newReading } from "./load.ts";

/**
 * Adds readings to a store until so many wait, through the store's own `add`, in a process of its own: what is measured
 * afterwards owes nothing to it. Returns how long it took, in seconds.
 */
export function fillBacklog(path: string, waiting: number): Promise<number> {
  const started = performance.now();
  const child = fork(import.meta.filename, [path, String(waiting)]);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) resolve((performance.now() - started) / 1000);
      else reject(new Error(`filling ${path} ended with ${code}`));
    });
  });
}

const underWay = 4_000;
const fileBytesMax = 64 * 2 ** 30;

if (import.meta.main) {
  const [path = "", waiting = "0"] = process.argv.slice(2);
  await fill(path, Number(waiting));
}

async function fill(path: string, wanted: number): Promise<void> {
  const store = await openStore({ path, key: null, clock: systemClock, thread: "worker", limits: { fileBytesMax } });
  const { readings, waiting } = await store.counts();
  let next = readings;
  const end = readings + wanted - waiting;
  const lane = async (): Promise<void> => {
    while (next < end) await store.add(newReading(next++));
  };
  await Promise.all(Array.from({ length: underWay }, lane));
  await store.close();
}
