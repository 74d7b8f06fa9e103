import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { glucose } from "../../cloud-sync/ingest/sample-readings.ts";
import { deedOf } from "../../contracts/store-care.ts";
import { entryOf } from "./store-entries.ts";
import { storeRig } from "./store-rig.ts";

test("nothing of a reading that was removed by a withdrawal stays in the file, also not in its free space", async () => {
  const rig = storeRig({ key: null });
  const store = await rig.open();
  for (let number = 1; number <= 60; number += 1) {
    const reading = glucose(number);
    const device = { ...reading.device, serial: "MARKED-SERIAL" };
    const isTheirs = number % 3 !== 0;
    await store.add(entryOf(isTheirs ? { ...reading, device } : glucose(number, { person: "sim-0002" })));
  }
  const closed = await store.close().then(() => readFileSync(rig.path));
  expect(closed.includes("MARKED-SERIAL")).toBe(true);
  const again = await rig.open();
  await again.record(deedOf([{ type: "withdraw", person: "sim-0001", at: Date.UTC(2030, 0) }]));
  await again.close();
  const bytes = readFileSync(rig.path);
  expect(bytes.includes("MARKED-SERIAL")).toBe(false);
  expect(bytes.includes("sim-0002")).toBe(true);
});
