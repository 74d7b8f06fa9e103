import { Variant } from "dbus-next";
import { expect, test } from "vitest";
import { adapter, adapterTarget, bluezStages, device, deviceTarget, find } from "./bluez-stage.ts";

const stage = bluezStages();

test("the objects are there when the name is", async () => {
  const { client } = await stage();
  const objects = await client.objects();
  expect(Object.keys(objects)).toEqual(["/org/bluez", adapter]);
  expect(objects[adapter]?.["org.bluez.Adapter1"]).toMatchObject({
    Address: "00:1E:B1:00:00:01",
    Powered: true,
    PowerState: "on",
    Pairable: false,
    Discovering: false,
    Discoverable: false,
  });
  await expect(client.call(`${adapter} org.freedesktop.DBus.Introspectable`, "Introspect")).resolves.toEqual([
    expect.stringContaining('<method name="SetDiscoveryFilter"><arg type="a{sv}" direction="in"/></method>'),
  ]);
});

test("a device that is heard gets an object, whose signal strength is gone when discovery stops", async () => {
  const { client } = await stage();
  await client.call(adapterTarget, "StartDiscovery");
  await client.until(/^added/);
  expect((await client.objects())[device]?.["org.bluez.Device1"]).toEqual({
    Address: "C0:FF:EE:00:00:01",
    AddressType: "random",
    Name: "Probe",
    Alias: "Probe",
    Paired: false,
    Bonded: false,
    Trusted: false,
    Blocked: false,
    LegacyPairing: false,
    RSSI: expect.any(Number),
    Connected: false,
    UUIDs: ["00001810-0000-1000-8000-00805f9b34fb", "00001808-0000-1000-8000-00805f9b34fb"],
    Adapter: adapter,
    ServicesResolved: false,
  });
  await client.call(adapterTarget, "StopDiscovery");
  await client.until(/Discovering=false/);
  expect(client.since(0)).toEqual([
    "signal bluez/hci0 Adapter1 Discovering=true",
    "reply StartDiscovery",
    "added hci0/dev_C0_FF_EE_00_00_01 Device1",
    "signal hci0/dev_C0_FF_EE_00_00_01 Device1 -RSSI",
    "signal bluez/hci0 Adapter1 Discovering=false",
    "reply StopDiscovery",
  ]);
  expect((await client.objects())[device]?.["org.bluez.Device1"]).not.toHaveProperty("RSSI");
});

test("each client has one session, and discovery ends with the last", async () => {
  const { client, another } = await stage();
  const other = await another();
  expect(await client.failure(adapterTarget, "StopDiscovery")).toBe("Failed: No discovery started");
  await client.call(adapterTarget, "StartDiscovery");
  expect(await client.failure(adapterTarget, "StartDiscovery")).toBe("InProgress: Operation already in progress");
  await other.call(adapterTarget, "StartDiscovery");
  await client.call(adapterTarget, "StopDiscovery");
  expect(await client.get(adapter, "Adapter1", "Discovering")).toBe(true);
  other.close();
  await client.until(/Discovering=false/);
  expect(await client.failure(adapterTarget, "StopDiscovery")).toBe("Failed: No discovery started");
});

test("filters are checked, and the widest of all clients counts", async () => {
  const { client, another } = await stage();
  const filter = (values: Readonly<Record<string, Variant>>): Promise<string> =>
    client.failure(adapterTarget, "SetDiscoveryFilter", "a{sv}", values);
  const invalid = "InvalidArguments: Invalid arguments in method call";
  expect(await filter({ Colour: new Variant("s", "red") })).toBe(invalid);
  expect(await filter({ RSSI: new Variant("n", -200) })).toBe(invalid);
  expect(await filter({ RSSI: new Variant("n", -80), Pathloss: new Variant("q", 3) })).toBe(invalid);
  expect(await filter({ Transport: new Variant("s", "carrier pigeon") })).toBe(invalid);
  expect(await client.call(adapterTarget, "GetDiscoveryFilters")).toEqual([
    ["UUIDs", "RSSI", "Pathloss", "Transport", "DuplicateData", "Discoverable", "Pattern"],
  ]);
  expect(await filter({ UUIDs: new Variant("as", ["181D"]), Transport: new Variant("s", "le") })).toBe("done");
  await client.call(adapterTarget, "StartDiscovery");
  const other = await another();
  const from = client.story.length;
  await other.call(adapterTarget, "StartDiscovery");
  await client.until(/^added/, from);
  expect(client.story.slice(0, from).filter((line) => line.startsWith("added"))).toEqual([]);
});

test("a stranger that is not heard any more is forgotten after half a minute", async () => {
  const { client, probe, ...rest } = await stage();
  await find({ client, probe, ...rest });
  probe.isAwake = false;
  await client.until(/^removed hci0\/dev_C0_FF_EE_00_00_01 Device1/);
  expect(Object.keys(await client.objects())).toEqual(["/org/bluez", adapter]);
});

test("a device that is removed is gone before the reply; one that is not there does not exist", async () => {
  const built = await stage();
  const { client } = built;
  await find(built);
  expect(await client.failure(adapterTarget, "RemoveDevice", "o", `${adapter}/dev_00`)).toBe(
    "DoesNotExist: Does Not Exist",
  );
  const from = client.story.length;
  await client.call(adapterTarget, "RemoveDevice", "o", device);
  expect(client.since(from)).toEqual(["removed hci0/dev_C0_FF_EE_00_00_01 Device1", "reply RemoveDevice"]);
  expect(await client.failure(deviceTarget, "Connect")).toBe(
    'UnknownObject: Method "Connect" with signature "" on interface "org.bluez.Device1" doesn\'t exist',
  );
});

test("calls that reach no method and properties that are not there are refused as libgdbus does", async () => {
  const { client } = await stage();
  expect(await client.failure(adapterTarget, "Nonsense")).toMatch(/^UnknownMethod: Method "Nonsense"/);
  expect(await client.failure(adapterTarget, "RemoveDevice", "s", "x")).toMatch(/^UnknownMethod/);
  const properties = `${adapter} org.freedesktop.DBus.Properties`;
  expect(await client.failure(properties, "Get", "ss", "org.bluez.Adapter1", "Nope")).toBe(
    "InvalidArgs: No such property 'Nope'",
  );
  expect(await client.failure(properties, "Get", "ss", "org.bluez.Nope1", "X")).toBe(
    "InvalidArgs: No such interface 'org.bluez.Nope1'",
  );
  expect(await client.setAdapter(adapter, "Address", new Variant("s", "x"))).toBe(
    "PropertyReadOnly: Property 'Address' is not writable",
  );
  expect(await client.setAdapter(adapter, "Powered", new Variant("s", "x"))).toBe(
    "InvalidSignature: Invalid signature for 'Powered'",
  );
  expect(await client.setAdapter(adapter, "Nope", new Variant("s", "x"))).toBe(
    "UnknownProperty: No such property 'Nope'",
  );
});
