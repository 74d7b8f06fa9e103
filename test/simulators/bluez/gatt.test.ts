import { Variant } from "dbus-next";
import { expect, test } from "vitest";
import { fail } from "../../../device-drivers/kit/result.ts";
import { attErrors } from "../../../simulators/peripherals/virtual-peripheral.ts";
import { probeCharacteristics } from "../../contracts/gatt-link-probe.ts";
import { bluezStages, connect, device, deviceTarget, gattTarget, pressure } from "./bluez-stage.ts";

const open = bluezStages();
const stage: typeof open = async (options) => await open({ bonds: "all", ...options });
const model = `${device}/service001e/char0023`;
const control = `${device}/service001e/char0027`;
const lie = `${device}/service001e/char002b`;
const octets = (...values: readonly number[]): Buffer => Buffer.from(values);
const shortPressure = "service001e/char001f";

test("services, characteristics and descriptors are where their handles say, and say what they are", async () => {
  const built = await stage();
  await connect(built);
  const objects = await built.client.objects();
  expect(objects[pressure]?.["org.bluez.GattCharacteristic1"]).toEqual({
    UUID: "00002a35-0000-1000-8000-00805f9b34fb",
    Service: `${device}/service001e`,
    Value: new Uint8Array(),
    Notifying: false,
    Flags: ["indicate"],
    MTU: 247,
  });
  expect(objects[control]?.["org.bluez.GattCharacteristic1"]).toMatchObject({ Flags: ["write", "indicate"] });
  expect(objects[`${pressure}/desc0021`]?.["org.bluez.GattDescriptor1"]).toMatchObject({ Characteristic: pressure });
  expect(objects[`${device}/service001e`]?.["org.bluez.GattService1"]).toEqual({
    UUID: "00001810-0000-1000-8000-00805f9b34fb",
    Device: device,
    Primary: true,
    Includes: [],
  });
});

test("a value that is read is told before the reply, whole, from an offset, or not at all beyond its end", async () => {
  const built = await stage();
  const { client } = built;
  const from = await connect(built);
  const [whole] = await client.call(gattTarget(model), "ReadValue", "a{sv}", {});
  expect(whole).toHaveLength(300);
  expect(client.since(from).at(-2)).toMatch(/^signal service001e\/char0023 GattCharacteristic1 Value=/);
  const [rest] = await client.call(gattTarget(model), "ReadValue", "a{sv}", { offset: new Variant("q", 290) });
  expect(rest).toHaveLength(10);
  const read = (options: object): Promise<string> => client.failure(gattTarget(model), "ReadValue", "a{sv}", options);
  expect(await read({ offset: new Variant("q", 400) })).toBe("InvalidArguments: Invalid offset");
  expect(await read({ offset: new Variant("s", "x") })).toBe("InvalidArguments: Invalid arguments in method call");
  expect(await Promise.all([read({}), read({}), read({ offset: new Variant("q", 3) })])).toEqual([
    "done",
    "done",
    "InProgress: In Progress",
  ]);
  expect(await client.failure(gattTarget(lie), "ReadValue", "a{sv}", {})).toBe("NotPermitted: Read not permitted");
});

test("a write waits for the device; a command does not, and is lost where the device has no place for it", async () => {
  const built = await stage({ faults: { operationLatencyMs: { minMs: 500, maxMs: 500 } } });
  const { client, probe } = built;
  await connect(built);
  const write = (type: string | null, value = octets(1, 1)): Promise<string> =>
    client.failure(
      gattTarget(control),
      "WriteValue",
      "aya{sv}",
      value,
      type === null ? {} : { type: new Variant("s", type) },
    );
  expect(await Promise.all([write("request"), write("request")])).toEqual(["done", "InProgress: In Progress"]);
  expect(await write(null, octets(2))).toBe("done");
  expect(await write("command", octets(3))).toBe("done");
  expect(await write("reliable")).toBe("NotSupported: Operation is not supported");
  expect(await write("telepathy")).toBe("NotSupported: Operation is not supported");
  expect(await write("request", Buffer.alloc(513))).toBe("InvalidArguments: Invalid Length");
  expect(probe.heard.filter((line) => line.startsWith("write"))).toEqual(["write 40 0101", "write 40 02"]);
});

test("a notify session is one client's; Notifying and the values are told before the reply", async () => {
  const built = await stage();
  const { client, probe, another } = built;
  const other = await another();
  const from = await connect(built);
  probe.whenConfigured = () => probe.indicate(1);
  expect(await client.failure(gattTarget(model), "StartNotify")).toBe("NotSupported: Operation is not supported");
  await client.call(gattTarget(pressure), "StartNotify");
  probe.whenConfigured = () => {};
  expect(client.since(from).slice(1)).toEqual([
    // The device sends it within the write that switches it on.
    `signal ${shortPressure} GattCharacteristic1 Value=01`,
    `signal ${shortPressure} GattCharacteristic1 Notifying=true`,
    "reply StartNotify",
  ]);
  expect(await client.failure(gattTarget(pressure), "StartNotify")).toBe("done");
  await other.call(gattTarget(pressure), "StartNotify");
  await other.call(gattTarget(pressure), "StopNotify");
  expect(await client.get(pressure, "GattCharacteristic1", "Notifying")).toBe(true);
  await client.call(gattTarget(pressure), "StopNotify");
  expect(await client.failure(gattTarget(pressure), "StopNotify")).toBe("Failed: No notify session started");
  expect(probe.heard).toEqual(["on 32", "off 32"]);
});

test("every value is a signal of its own, also an equal one, and is confirmed at once", async () => {
  const built = await stage();
  const { client, probe } = built;
  await connect(built);
  await client.call(gattTarget(pressure), "StartNotify");
  const from = client.story.length;
  probe.indicate(7, 7, 8);
  await client.until(/Value=08/);
  expect(client.since(from)).toEqual(
    ["07", "07", "08"].map((value) => `signal ${shortPressure} GattCharacteristic1 Value=${value}`),
  );
  expect(probe.deliveries).toEqual(["confirmed", "confirmed", "confirmed"]);
});

test("a session that was not stopped is registered again by the next link, before anybody asks", async () => {
  const built = await stage();
  const { client, probe } = built;
  await connect(built);
  await client.call(gattTarget(pressure), "StartNotify");
  await client.call(deviceTarget, "Disconnect");
  expect(await client.failure(gattTarget(model), "ReadValue", "a{sv}", {})).toBe("Failed: Not connected");
  const from = client.story.length;
  probe.whenConfigured = () => probe.indicate(9);
  await client.call(deviceTarget, "Connect");
  const value = await client.until(/Value=09/, from);
  expect(value).toBeLessThan(await client.until(/ServicesResolved=true/, from));
});

test("a session that is begun without a link waits for one; while the link is being ended there is none to begin", async () => {
  const built = await stage();
  const { client, probe } = built;
  await connect(built);
  const ending = client.call(deviceTarget, "Disconnect");
  expect(await client.failure(gattTarget(pressure), "StartNotify")).toBe("NotConnected: Not Connected");
  await ending;
  expect(await client.failure(gattTarget(pressure), "StartNotify")).toBe("done");
  expect(probe.heard).toEqual([]);
  const from = client.story.length;
  await client.call(deviceTarget, "Connect");
  await client.until(/Notifying=true/, from);
  expect(probe.heard).toEqual(["on 32"]);
});

test("a client that leaves the bus takes its sessions with it", async () => {
  const built = await stage();
  const { client, probe, another } = built;
  await connect(built);
  const other = await another();
  await other.call(gattTarget(pressure), "StartNotify");
  other.close();
  await client.until(/Notifying=false/);
  await expect.poll(() => probe.heard).toEqual(["on 32", "off 32"]);
});

test("what the device refuses keeps the words of bluetoothd, and no session", async () => {
  const built = await stage();
  const { client, probe } = built;
  await connect(built);
  probe.configureRefusal = fail(attErrors.cccdImproperlyConfigured);
  expect(await client.failure(gattTarget(pressure), "StartNotify")).toBe(
    "Failed: Operation failed with ATT error: 0x81",
  );
  expect(await client.failure(gattTarget(pressure), "StopNotify")).toBe("Failed: No notify session started");
});

test("a request whose link ends fails with Unlikely Error", async () => {
  const built = await stage({ faults: { operationLatencyMs: { minMs: 40_000, maxMs: 40_000 } } });
  const { client, probe } = built;
  await connect(built);
  const reading = client.failure(gattTarget(model), "ReadValue", "a{sv}", {});
  // Calls are taken in their order: when this one is answered, the request is on its way.
  await client.get(device, "Device1", "Connected");
  probe.disconnect();
  expect(await reading).toBe("Failed: Operation failed with ATT error: 0x0e");
});

test("the configuration descriptor can be read, and only StartNotify writes it", async () => {
  const built = await stage();
  const { client } = built;
  await connect(built);
  await client.call(gattTarget(pressure), "StartNotify");
  const descriptor = `${pressure}/desc0021 org.bluez.GattDescriptor1`;
  expect(await client.call(descriptor, "ReadValue", "a{sv}", {})).toEqual([Uint8Array.of(2, 0)]);
  expect(await client.failure(descriptor, "WriteValue", "aya{sv}", octets(0, 0), {})).toBe(
    "NotPermitted: Write not permitted",
  );
});

test("the battery level is read by the daemon, told as Battery1, and stays readable", async () => {
  const built = await stage();
  const { client, probe } = built;
  const level = { service: "180F", uuid: "2A19", handle: 64, properties: ["read"] } as const;
  Object.assign(probe, { characteristics: [...Object.values(probeCharacteristics), level] });
  await connect(built);
  await client.until(/^added .* Battery1/);
  expect((await client.objects())[device]?.["org.bluez.Battery1"]).toEqual({
    Percentage: 64,
    Source: "GATT Battery Service",
  });
  await client.call(gattTarget(`${device}/service003e/char003f`), "ReadValue", "a{sv}", {});
  probe.disconnect();
  await client.until(/^removed .* Battery1/);
});

test("a table that has changed since the last link replaces the objects", async () => {
  const built = await stage();
  const { client, probe } = built;
  await connect(built);
  await client.call(deviceTarget, "Disconnect");
  Object.assign(probe, { characteristics: [probeCharacteristics.model] });
  const from = client.story.length;
  await client.call(deviceTarget, "Connect");
  await client.until(/ServicesResolved=true/, from);
  const paths = Object.keys(await client.objects()).filter((path) => path.includes("/char"));
  expect(paths).toEqual([`${device}/service0022/char0023`]);
});
