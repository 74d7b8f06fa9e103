import { expect, onTestFinished, test } from "vitest";
import { arm } from "../../scenarios/site-devices.ts";
import { openRadioSite, until } from "../../scenarios/radio/radio-site.ts";
import { realStack } from "./real-stage.ts";

const devices = 20;

/** Not judged: the guest's one processor also plays the devices. */
test("from a device's first advertisement to its reading on disk, over the real stack", async () => {
  const stage = await realStack.make();
  onTestFinished(() => stage.stop());
  const site = await openRadioSite(stage);
  const gateway = await site.gateway();
  await until(() => gateway.count("started") > 0);
  const timesMs: number[] = [];
  for (let place = 0; place < devices; place += 1) {
    const address = `C0:00:00:00:02:${place.toString(16).toUpperCase().padStart(2, "0")}`;
    const storedBefore = gateway.count("reading-stored");
    const startedMs = performance.now();
    const cuff = site.cuff({ requiresBond: false }, address);
    cuff.measure(arm(120));
    await until(() => gateway.count("reading-stored") > storedBefore);
    timesMs.push(performance.now() - startedMs);
    site.air.remove(address);
  }
  timesMs.sort((one, other) => one - other);
  const at = (share: number): number => Math.round(timesMs[Math.ceil(share * devices) - 1] ?? Number.NaN);
  process.stdout.write(`measured: advertisement to disk, median ${at(0.5)} ms, slowest of ${devices} ${at(1)} ms\n`);
  expect(timesMs).toHaveLength(devices);
});
