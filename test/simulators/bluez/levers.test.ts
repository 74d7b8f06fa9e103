import { Variant } from "dbus-next";
import { expect, test } from "vitest";
import { Probe } from "../../contracts/gatt-link-probe.ts";
import { adapter, adapterTarget, bluezStages, connect, device, deviceTarget, find } from "./bluez-stage.ts";

const stage = bluezStages();
const heardAgain = /RSSI=/;

test("a daemon that is killed says nothing but that its name is gone; it knows its bonds when it is back", async () => {
  const built = await stage({ bonds: "all" });
  const { client, bluez, probe } = built;
  const from = await connect(built);
  bluez.daemon.kill();
  await client.until(/daemon gone/);
  expect(client.since(from)).toEqual(["daemon gone"]);
  await probe.ended();
  expect(await client.failure(deviceTarget, "Connect")).toMatch(/^ServiceUnknown/);
  await bluez.daemon.start();
  await bluez.daemon.start();
  await client.until(/daemon there/);
  expect(await client.get(device, "Device1", "Bonded")).toBe(true);
  expect(await client.failure(deviceTarget, "Connect")).toBe("done");
});

test("strangers, agents and sessions do not outlive the daemon", async () => {
  const built = await stage();
  const { client, bluez } = built;
  await client.call("/org/bluez org.bluez.AgentManager1", "RegisterAgent", "os", "/agent", "KeyboardOnly");
  await find(built);
  bluez.daemon.kill();
  await bluez.daemon.start();
  await client.until(/daemon there/);
  expect(Object.keys(await client.objects())).toEqual(["/org/bluez", adapter]);
  expect(await client.get(adapter, "Adapter1", "Pairable")).toBe(false);
});

test("an adapter that is unplugged takes its devices with it, and comes back with the bonds", async () => {
  const built = await stage({ bonds: "all" });
  const { client, bluez } = built;
  const from = await connect(built);
  bluez.adapter.remove();
  await client.until(/^removed bluez\/hci0/, from);
  expect(client.since(from)[0]).toMatch(/ServicesResolved=false Connected=false/);
  expect(await client.failure(adapterTarget, "StartDiscovery")).toMatch(/^UnknownObject/);
  bluez.adapter.add();
  await client.until(/^added bluez\/hci0/, from);
  expect(await client.get(device, "Device1", "Paired")).toBe(true);
});

test("the air's adapter is this one", async () => {
  const { client, air } = await stage();
  air.setAdapter(false);
  await client.until(/^removed bluez\/hci0/);
  air.setAdapter(true);
  await client.until(/^added bluez\/hci0/);
  expect(await client.get(adapter, "Adapter1", "Powered")).toBe(true);
});

test("a scan that has fallen silent is mended by what was said, and by nothing less", async () => {
  const built = await stage({ bonds: "all" });
  const { client, bluez } = built;
  await client.call(adapterTarget, "StartDiscovery");
  await client.until(heardAgain);
  bluez.adapter.silence("until-power-cycle");
  await client.call(adapterTarget, "StopDiscovery");
  const silent = client.story.length;
  await client.call(adapterTarget, "StartDiscovery");
  await client.get(adapter, "Adapter1", "Discovering");
  await client.setAdapter(adapter, "Powered", new Variant("b", false));
  expect(client.story.slice(silent).filter((line) => heardAgain.test(line))).toEqual([]);
  await client.setAdapter(adapter, "Powered", new Variant("b", true));
  await client.call(adapterTarget, "StartDiscovery");
  await client.until(heardAgain, silent);
  bluez.adapter.silence("until-daemon-restart");
  bluez.daemon.kill();
  await bluez.daemon.start();
  await client.until(/daemon there/);
  const restarted = client.story.length;
  await client.call(adapterTarget, "StartDiscovery");
  await client.until(heardAgain, restarted);
});

test("an adapter that hangs says that it is off, and is not", async () => {
  const { client, bluez } = await stage();
  bluez.adapter.hang();
  expect(await client.setAdapter(adapter, "Powered", new Variant("b", false))).toBe("done");
  expect(await client.get(adapter, "Adapter1", "Powered")).toBe(true);
  bluez.adapter.remove();
  bluez.adapter.add();
  expect(await client.setAdapter(adapter, "Powered", new Variant("b", false))).toBe("done");
  expect(await client.get(adapter, "Adapter1", "Powered")).toBe(false);
});

test("replies wait as long as they are told to", async () => {
  const { client, bluez } = await stage();
  bluez.habits.replyDelayMs = 10_000;
  const began = performance.now();
  await client.get(adapter, "Adapter1", "Powered");
  expect(performance.now() - began).toBeGreaterThan(45);
});

test("each of several adapters has devices, sessions and bonds of its own", async () => {
  const built = await stage({
    bonds: "all",
    adapters: [
      { name: "hci0", address: "00:1E:B1:00:00:01" },
      { name: "hci1", address: "00:1E:B1:00:00:02" },
    ],
  });
  const { client, bluez, air } = built;
  const other = "/org/bluez/hci1";
  await client.call(`${other} org.bluez.Adapter1`, "StartDiscovery");
  await client.until(/hci1\/dev.* RSSI=/);
  expect(await client.get(adapter, "Adapter1", "Discovering")).toBe(false);
  await client.call(adapterTarget, "RemoveDevice", "o", device);
  expect([bluez.bonds.list("hci0"), bluez.bonds.list("hci1")]).toEqual([[], ["C0:FF:EE:00:00:01"]]);
  bluez.adapter.remove("hci0");
  air.add(new Probe("C0:FF:EE:00:00:02"));
  expect(Object.keys(await client.objects())).toContain(`${other}/dev_C0_FF_EE_00_00_02`);
});

test("a bus that is not there, or has an org.bluez already, cannot be served", async () => {
  const { bluez } = await stage();
  const { createVirtualAir } = await import("../../../simulators/air/virtual-air.ts");
  const { serveBluez } = await import("../../../simulators/bluez/serve-bluez.ts");
  const { realClock } = await import("../../../simulators/clock/real-clock.ts");
  const air = createVirtualAir({ clock: realClock, seed: 1 });
  await expect(serveBluez(air, { address: "unix:path=/nowhere/bus" })).rejects.toMatchObject({
    code: "bus-unavailable",
  });
  expect(bluez.bonds.list()).toEqual([]);
});
