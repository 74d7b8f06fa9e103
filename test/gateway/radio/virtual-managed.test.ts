import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { RadioEvent } from "../../../gateway/radio/managed-radio.ts";
import { virtualRadio } from "../../../gateway/radio/virtual.ts";
import { serveAir } from "../../../simulators/air/air-server.ts";
import { createVirtualAir } from "../../../simulators/air/virtual-air.ts";
import { Probe } from "../../contracts/gatt-link-probe.ts";
import { codeOf, soon } from "../../contracts/gatt-stage.ts";
import { managedRadioContract, type ManagedHarness } from "../../contracts/managed-radio.ts";
import { realClock } from "../../doubles/real-clock.ts";

/** Long waits, as the Security Manager's, are over at once. */
const hurriedClock: Clock = {
  ...realClock,
  sleep: (durationMs, signal) => realClock.sleep(durationMs >= 10_000 ? 20 : durationMs, signal),
};

managedRadioContract({
  name: "virtual radio",
  make: () => stage(realClock),
  makeHurried: () => stage(hurriedClock),
});

test("an air that goes away is an adapter that goes away, and one that was closed on purpose is not", async () => {
  const site = await stage(realClock);
  onTestFinished(() => site.stop());
  const { radio } = site;
  const events: RadioEvent[] = [];
  const ended = new AbortController();
  const listening = (async (): Promise<void> => {
    for await (const event of radio.events(ended.signal)) events.push(event);
  })();
  expect(await codeOf(radio.connect("C0:FF:EE:00:00:01", soon()))).toBe("device-absent");
  await radio.close();
  expect(await codeOf(radio.connect("C0:FF:EE:00:00:01", soon()))).toBe("device-absent");
  expect(events).toEqual([]);
  await site.endAir();
  await expect.poll(() => events).toEqual([{ type: "adapter-gone" }]);
  ended.abort();
  await listening;
});

test("a bond that a connection shows is known from then on, and is forgotten in the air too", async () => {
  const site = await stage(realClock);
  onTestFinished(() => site.stop());
  const { air, radio } = site;
  const probe = new Probe();
  air.add(probe);
  expect(await radio.bonds()).toEqual([]);
  const link = await radio.connect(probe.address, soon());
  await link.close();
  expect(await radio.bonds()).toEqual([{ address: probe.address, addressKind: "random-static", name: null }]);
  expect(await radio.forget(probe.address.toLowerCase())).toBe(true);
  const again = await radio.connect(probe.address, soon());
  expect(again.bonded).toBe(false);
  await again.close();
});

async function stage(clock: Clock): Promise<ManagedHarness & { endAir(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "managed-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const socketPath = join(folder, "air.sock");
  const air = createVirtualAir({ clock, seed: 1, advertisingIntervalMs: 1 });
  const stopping = new AbortController();
  const server = await serveAir(air, socketPath, stopping.signal);
  const radio = virtualRadio({ socketPath });
  const endAir = async (): Promise<void> => {
    stopping.abort();
    await server.ended;
  };
  const stop = async (): Promise<void> => {
    await endAir();
    await radio.close();
  };
  return { air, radio, stop, endAir };
}
