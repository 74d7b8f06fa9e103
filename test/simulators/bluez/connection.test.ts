import { expect, test } from "vitest";
import { adapter, adapterTarget, bluezStages, connect, device, deviceTarget, find } from "./bluez-stage.ts";

const stage = bluezStages();
const shortDevice = "hci0/dev_C0_FF_EE_00_00_01";

test("Connected is told before the reply, services and then ServicesResolved after it", async () => {
  const built = await stage();
  const { client } = built;
  await find(built);
  const from = client.story.length;
  await client.call(deviceTarget, "Connect");
  await client.until(/ServicesResolved=true/);
  expect(client.since(from).filter((line) => !/Characteristic1|Descriptor1/.test(line))).toEqual([
    `signal ${shortDevice} Device1 Connected=true`,
    "reply Connect",
    "added dev_C0_FF_EE_00_00_01/service001e GattService1",
    "added dev_C0_FF_EE_00_00_01/service0030 GattService1",
    expect.stringMatching(/Device1 UUIDs=00001808-.*,00001810-.* ServicesResolved=true$/),
  ]);
  expect(await client.failure(deviceTarget, "Connect")).toBe("done");
});

test("a connection stands when the client that made it dies, and the device is not heard meanwhile", async () => {
  const built = await stage();
  const { client, another, air, probe } = built;
  await find(built);
  const victim = await another();
  await victim.call(deviceTarget, "Connect");
  await victim.until(/ServicesResolved=true/);
  // What the one has heard the other may still have before it.
  await client.until(/ServicesResolved=true/);
  victim.close();
  const from = client.story.length;
  await client.call(adapterTarget, "StartDiscovery");
  expect(await client.failure(deviceTarget, "Connect")).toBe("done");
  expect(await client.get(device, "Device1", "Connected")).toBe(true);
  expect(air.isAdvertising(probe.address)).toBe(false);
  expect(client.since(from).filter((line) => /RSSI|Connected/.test(line))).toEqual([]);
});

test("ServicesResolved may come before the services, as it does after Pair", async () => {
  const built = await stage({ habits: { tellsResolvedFirst: true } });
  await connect(built);
  const resolved = await built.client.until(/ServicesResolved=true/);
  expect(await built.client.until(/^added .*GattService1/)).toBeGreaterThan(resolved);
});

test("a second Connect while one is under way fails", async () => {
  const built = await stage({ faults: { connectLatencyMs: { minMs: 500, maxMs: 500 } } });
  const { client } = built;
  await find(built);
  const connecting = client.call(deviceTarget, "Connect");
  expect(await client.failure(deviceTarget, "Connect")).toBe("Failed: Operation already in progress");
  await connecting;
});

test("a device that does not advertise fails after 40 s, and a stranger is gone then", async () => {
  const built = await stage();
  const { client, probe } = built;
  await find(built);
  probe.isAwake = false;
  const from = client.story.length;
  const began = performance.now();
  expect(await client.failure(deviceTarget, "Connect")).toBe("Failed: le-connection-abort-by-local");
  expect(performance.now() - began).toBeGreaterThan(190);
  await client.until(/^removed/, from);
  expect(client.since(from)).toEqual([
    "error Connect Failed: le-connection-abort-by-local",
    `removed ${shortDevice} Device1`,
  ]);
});

test("a device that is asleep is connected to when it wakes within that time", async () => {
  const built = await stage();
  const { client, probe } = built;
  await find(built);
  probe.isAwake = false;
  const connecting = client.call(deviceTarget, "Connect");
  setTimeout(() => {
    probe.isAwake = true;
  }, 20);
  await connecting;
  expect(await client.get(device, "Device1", "Connected")).toBe(true);
});

test("Disconnect breaks a Connect off at once", async () => {
  const built = await stage();
  const { client, probe } = built;
  await find(built);
  probe.isAwake = false;
  const from = client.story.length;
  const connecting = client.failure(deviceTarget, "Connect");
  await client.call(deviceTarget, "Disconnect");
  expect(await connecting).toBe("Failed: br-connection-canceled");
  await client.until(/^removed/, from);
});

test("Disconnect takes two seconds, and two signals, before it is answered", async () => {
  const built = await stage();
  const { client } = built;
  const from = await connect(built);
  await client.call(deviceTarget, "Disconnect");
  expect(client.since(from)).toEqual([
    `signal ${shortDevice} Device1 ServicesResolved=false`,
    `signal ${shortDevice} Device1 Connected=false`,
    "reply Disconnect",
  ]);
  // It was connected to, so it is no stranger any more.
  expect((await client.objects())[`${device}/service001e/char001f`]).toBeDefined();
  expect(await client.failure(deviceTarget, "Disconnect")).toBe("done");
});

test("a link that the device or the air ends is told in one signal", async () => {
  const built = await stage();
  const from = await connect(built);
  built.probe.disconnect();
  await built.client.until(/Connected=false/, from);
  expect(built.client.since(from)).toEqual([`signal ${shortDevice} Device1 ServicesResolved=false Connected=false`]);
});

test("RemoveDevice of a connected device ends the link, answers, and then takes its objects away, the deepest first", async () => {
  const built = await stage();
  const { client } = built;
  const from = await connect(built);
  await client.call(adapterTarget, "RemoveDevice", "o", device);
  await client.until(/^removed .*Device1/, from);
  const told = client.since(from);
  expect(told.slice(0, 4)).toEqual([
    `signal ${shortDevice} Device1 ServicesResolved=false`,
    `signal ${shortDevice} Device1 Connected=false`,
    "reply RemoveDevice",
    "removed char001f/desc0021 GattDescriptor1",
  ]);
  expect(told.at(-1)).toBe(`removed ${shortDevice} Device1`);
});

test("a connection waits for the end of a scan that is under way", async () => {
  const built = await stage();
  const { client } = built;
  await client.call(adapterTarget, "StartDiscovery");
  await client.until(/^added/);
  const began = performance.now();
  await client.call(deviceTarget, "Connect");
  expect(performance.now() - began).toBeGreaterThan(40);
});

test("an adapter that is off takes its strangers and links with it, and is not ready", async () => {
  const built = await stage();
  const { client, bluez } = built;
  const from = await connect(built);
  await bluez.adapter.setPowered(false);
  await client.until(/Connected=false/, from);
  const told = client.since(from);
  expect(told[0]).toBe("signal bluez/hci0 Adapter1 PowerState=on-disabling");
  expect(told).toContain("signal bluez/hci0 Adapter1 PowerState=off Powered=false");
  for (const member of ["StartDiscovery", "StopDiscovery"]) {
    expect(await client.failure(adapterTarget, member)).toBe("NotReady: Resource Not Ready");
  }
  await bluez.adapter.setPowered(true);
  expect(await client.failure(adapterTarget, "StopDiscovery")).toBe("Failed: No discovery started");
  expect(await client.get(adapter, "Adapter1", "Powered")).toBe(true);
});

test("ConnectDevice makes an object of an address and connects to it", async () => {
  const { client } = await stage();
  const { Variant } = await import("dbus-next");
  const properties = { Address: new Variant("s", "C0:FF:EE:00:00:01"), AddressType: new Variant("s", "random") };
  expect(await client.call(adapterTarget, "ConnectDevice", "a{sv}", properties)).toEqual([device]);
  expect(await client.get(device, "Device1", "Connected")).toBe(true);
  expect(await client.failure(adapterTarget, "ConnectDevice", "a{sv}", properties)).toBe(
    "AlreadyExists: Already Exists",
  );
});

test("a Connect that is under way fails when the adapter is switched off, and is forgotten with a device that is removed", async () => {
  const built = await stage({ bonds: "all" });
  const { client, probe, bluez } = built;
  probe.isAwake = false;
  const connecting = client.failure(deviceTarget, "Connect");
  await client.get(device, "Device1", "Connected");
  await bluez.adapter.setPowered(false);
  expect(await connecting).toBe("Failed: le-connection-abort-by-local");
  expect(await client.failure(deviceTarget, "Connect")).toBe("Failed: Input/output error");
  expect(await client.failure(adapterTarget, "RemoveDevice", "o", device)).toBe("NotReady: Resource Not Ready");
  await bluez.adapter.setPowered(true);
  const forgotten = client.failure(deviceTarget, "Connect");
  await client.call(adapterTarget, "RemoveDevice", "o", device);
  await client.objects();
  await expect(Promise.race([forgotten, Promise.resolve("no answer yet")])).resolves.toBe("no answer yet");
});
