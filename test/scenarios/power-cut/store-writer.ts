import { writeSync } from "node:fs";
import type { GlucoseReading } from "../../../cloud-sync/contract/reading.ts";
import { openStore } from "../../../gateway/store/sqlite-store.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { narrowLimits } from "./narrow-limits.ts";
import { glucose } from "../../cloud-sync/ingest/sample-readings.ts";

/**
 * The product under the knife: it adds readings to a store, as the gateway does, and says which are acknowledged, in the
 * same stream of system calls in which its writes and syncs are seen. Meanwhile the older half of the outbox is settled.
 */
const [path = "", rows = "0", key = ""] = process.argv.slice(2);
const store = await openStore({
  path,
  key: key === "" ? null : Buffer.from(key, "hex"),
  clock: systemClock,
  thread: "worker",
  limits: narrowLimits,
});
let group: Promise<void>[] = [];
for (let row = 1; row <= Number(rows); row += 1) {
  group.push(addAndSay(glucose(row)));
  if (group.length < 4) continue;
  await Promise.all(group);
  group = [];
  await store.settle([{ lane: "fresh", fate: "delivered", seqs: [[1, Math.ceil(row / 2)]] }]);
}
await Promise.all(group);
await store.close();

async function addAndSay(reading: GlucoseReading): Promise<void> {
  await store.add({ reading, lane: "fresh", disposition: "deliver", bootId: "power-cut", receivedMonotonicMs: 0 });
  writeSync(1, `acknowledged ${reading.id}\n`);
}
