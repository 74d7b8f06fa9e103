import { join } from "node:path";
import { systemClock } from "../../../gateway/system-clock.ts";
import { openStore } from "../../../gateway/store/sqlite-store.ts";
import { entry, testKey, waitingIn } from "./store-entries.ts";

/** What another process is to do with a store: have it open, fill it until a write fails, or count what is in it. */
export type StoreTask = "hold" | "fill" | "count";

const [folder = "", task] = process.argv.slice(2);
const failures: string[] = [];
const store = await openStore({
  path: join(folder, "store.db"),
  key: testKey,
  clock: systemClock,
  thread: "inline",
  limits: { walBytesMax: 128 * 1_024 },
  onFailure: ({ code }) => failures.push(code),
});
if (task === "hold") await hold();
else if (task === "fill") await fill();
else process.stdout.write(JSON.stringify({ waiting: (await waitingIn(store)).length }));
await store.close().catch(() => {});

/** Until it is ended from outside. */
async function hold(): Promise<void> {
  process.stdout.write("open\n");
  await systemClock.sleep(60_000);
}

async function fill(): Promise<void> {
  let accepted = 0;
  while (accepted < 100_000 && (await store.add(entry(accepted + 1)).catch(() => null)) === "stored") accepted += 1;
  process.stdout.write(JSON.stringify({ accepted, failures }));
}
