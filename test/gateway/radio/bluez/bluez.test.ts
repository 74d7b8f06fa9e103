import { expect, onTestFinished, test } from "vitest";
import { listBluezAdapters } from "../../../../gateway/radio/bluez/bluez.ts";
import type { RadioEvent } from "../../../../gateway/radio/managed-radio.ts";
import { gattLinkContract } from "../../../contracts/gatt-link.ts";
import { Probe, probeCharacteristics as gatt } from "../../../contracts/gatt-link-probe.ts";
import { codeOf, type GattAdapter, soon, take } from "../../../contracts/gatt-stage.ts";
import { gattSubscriptionContract } from "../../../contracts/gatt-subscription.ts";
import { scriptedDialogue } from "../../../contracts/scripted-dialogue.ts";
import { radioContract } from "../../../contracts/radio.ts";
import { type BluezRig, startBluezRig } from "./bluez-rig.ts";

const atOnce = "bluetoothd confirms an indication before it tells of it";

const overSimulatedBluez: GattAdapter = {
  name: "BlueZ radio over a simulated bluetoothd",
  make: () => startBluezRig(),
  breaks: {
    "a refusal and a time-out are told apart, and the next attempt is free":
      "bluetoothd gives one reason for every connection that does not come about",
    "without an adapter nothing connects, and every link is lost":
      "an adapter that is plugged in takes its time until it is powered",
    "a device that has forgotten the bond refuses with Insufficient Authentication":
      "the key is kept on this side as well, so the connection itself fails",
    "an indication is confirmed when the value after it is asked for, and not before": atOnce,
    "a value that nobody took is never confirmed": atOnce,
    "closing confirms nothing: what was taken last may not be durable": atOnce,
  },
};

radioContract(overSimulatedBluez);
gattLinkContract(overSimulatedBluez);
gattSubscriptionContract(overSimulatedBluez);

async function rig(...options: Parameters<typeof startBluezRig>): Promise<BluezRig & { readonly probe: Probe }> {
  const started = await startBluezRig(...options);
  onTestFinished(() => started.stop());
  const probe = new Probe();
  started.air.add(probe);
  return { ...started, probe };
}

test("a refusal is an absent device, and the next attempt is free", async () => {
  const { air, radio, probe } = await rig();
  air.command({ type: "refuse-connections", address: probe.address, count: 1 });
  expect(await codeOf(radio.connect(probe.address, soon()))).toBe("device-absent");
  expect(await codeOf(radio.connect(probe.address, soon()))).toBe("resolved");
});

test("a bond that the device has lost is told as such, soon, and as an event", async () => {
  const { air, radio, probe } = await rig();
  const refused = told(radio.events(soon()), ["bond-refused"], 1);
  air.command({ type: "forget-bond", address: probe.address });
  expect(await codeOf(radio.connect(probe.address, soon()))).toBe("bond-lost");
  expect(await refused).toEqual([{ type: "bond-refused", address: probe.address }]);
});

test.each(["link-closed", "link-lost"] as const)("what is pending is refused with %s", async (code) => {
  const { air, radio } = await rig();
  const slow = new Probe("C0:FF:EE:00:00:02");
  air.add(slow, { operationLatencyMs: { minMs: 150, maxMs: 150 } });
  const link = await radio.connect(slow.address, soon());
  const pending = [codeOf(link.read(gatt.model, soon())), codeOf(link.subscribe(gatt.pressure, soon()))];
  if (code === "link-closed") await link.close();
  else air.command({ type: "disconnect", address: slow.address });
  expect(await Promise.all(pending)).toEqual([code, code]);
  await link.close();
  expect(await codeOf(link.read(gatt.model, soon()))).toBe(code);
});

test("indications are confirmed at once, and none of their values is lost while the link lasts", async () => {
  const { radio, probe } = await rig();
  const link = await radio.connect(probe.address, soon());
  const pressure = await link.subscribe(gatt.pressure, soon());
  probe.indicate(7, 7, 7);
  await expect.poll(() => probe.deliveries).toEqual(["confirmed", "confirmed", "confirmed"]);
  probe.disconnect();
  expect(await take(pressure, 3)).toEqual([7, 7, 7]);
  expect(await codeOf(pressure.next(soon()))).toBe("link-lost");
  expect(radio.abilities.holdsConfirmations).toBe(false);
});

test("with an adapter that is off, pairing says that it is", async () => {
  const { bluez, radio, probe } = await rig({}, { bonds: "none" });
  await bluez.adapter.setPowered(false);
  const request = { address: probe.address, io: "no-input-no-output" } as const;
  await expect.poll(() => codeOf(radio.pair(request, scriptedDialogue(), soon()))).toBe("adapter-absent");
});

test("the adapter's going and coming is told, and the same radio works again", async () => {
  const { bluez, radio, probe } = await rig();
  const heard = told(radio.events(soon()), ["adapter-gone", "adapter-back"], 2);
  const link = await radio.connect(probe.address, soon());
  bluez.adapter.remove();
  expect(await codeOf(link.read(gatt.model, soon()))).toBe("link-lost");
  await expect.poll(() => codeOf(radio.connect(probe.address, soon()))).toBe("adapter-absent");
  bluez.adapter.add();
  await expect.poll(() => codeOf(radio.connect(probe.address, soon()))).toBe("resolved");
  expect((await heard).map(({ type }) => type)).toEqual(["adapter-gone", "adapter-back"]);
});

test("bluetoothd's death is told at once, and the same radio works again with the next one", async () => {
  const { bluez, radio, probe } = await rig();
  const heard = told(radio.events(soon()), ["daemon-gone", "daemon-back"], 2);
  const link = await radio.connect(probe.address, soon());
  const hearing = codeOf(hearAll(radio.advertisements(soon())));
  const reading = codeOf(link.read(gatt.model, soon()));
  bluez.daemon.kill();
  await expect.poll(() => codeOf(link.read(gatt.model, soon()))).toBe("link-lost");
  expect(["resolved", "link-lost"]).toContain(await reading);
  expect(await hearing).toBe("adapter-absent");
  expect(await codeOf(radio.connect(probe.address, soon()))).toBe("adapter-absent");
  await bluez.daemon.start();
  await expect.poll(() => codeOf(radio.connect(probe.address, soon()))).toBe("resolved");
  expect((await heard).map(({ type }) => type)).toEqual(["daemon-gone", "daemon-back"]);
});

test("a radio that was closed may be used again", async () => {
  const { radio, probe } = await rig();
  const link = await radio.connect(probe.address, soon());
  await radio.close();
  await radio.close();
  expect(await codeOf(link.read(gatt.model, soon()))).toBe("link-closed");
  expect(await codeOf(radio.connect(probe.address, soon()))).toBe("resolved");
});

test("an adapter that is off is powered when the radio opens, and by the rung that cycles it", async () => {
  const { bluez, bus, radio } = await rig();
  expect(await listBluezAdapters(bus)).toEqual([
    { path: "/org/bluez/hci0", name: "hci0", address: "00:1E:B1:00:00:01", isPowered: true },
  ]);
  await bluez.adapter.setPowered(false);
  await radio.repair("power-cycle", soon());
  expect((await listBluezAdapters(bus))[0]?.isPowered).toBe(true);
  expect(radio.rungs).toEqual(["restart-scan", "power-cycle"]);
});

test("without a message bus the radio opens, and there is no adapter", async () => {
  const { radio } = await rig({ address: "unix:path=/nonexistent/bus" });
  expect(await codeOf(radio.connect("C0:FF:EE:00:00:01", soon()))).toBe("adapter-absent");
});

/** The first so many events of these kinds. */
async function told(
  events: AsyncIterable<RadioEvent>,
  types: readonly RadioEvent["type"][],
  count: number,
): Promise<readonly RadioEvent[]> {
  const heard: RadioEvent[] = [];
  for await (const event of events) {
    if (types.includes(event.type)) heard.push(event);
    if (heard.length === count) break;
  }
  return heard;
}

async function hearAll(heard: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of heard) continue;
}
