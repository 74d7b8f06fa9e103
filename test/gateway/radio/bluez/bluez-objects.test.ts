import { expect, test } from "vitest";
import { mirrorBluezObjects, type ObjectChange } from "../../../../gateway/radio/bluez/bluez-objects.ts";
import { DBusFailure } from "../../../../gateway/radio/bluez/dbus-failure.ts";
import { CannedBluez } from "./canned-bluez.ts";

const device = "/org/bluez/hci0/dev_X";
const device1 = "org.bluez.Device1";
const soon = (): AbortSignal => AbortSignal.timeout(5_000);

test("has the objects that there are, and follows them", async () => {
  const bus = new CannedBluez();
  bus.objects["/org/bluez/hci0"] = { "org.bluez.Adapter1": { Powered: true } };
  const objects = await mirrorBluezObjects(bus);
  expect(objects.get("/org/bluez/hci0", "org.bluez.Adapter1")).toEqual({ Powered: true });
  bus.add(device, { [device1]: { RSSI: -60 } });
  bus.add(device, { "org.bluez.Battery1": { Percentage: 77 } });
  expect(objects.children("/org/bluez/hci0")).toEqual([device]);
  bus.change(device, device1, { Connected: true });
  bus.invalidate(device, device1, "RSSI");
  expect(objects.get(device, device1)).toEqual({ Connected: true });
  expect(objects.get(device, "org.bluez.Battery1")).toEqual({ Percentage: 77 });
  bus.remove(device);
  expect(objects.get(device, device1)).toBeNull();
});

test("tells of a value that is told again although it is the same", async () => {
  const bus = new CannedBluez();
  bus.objects[device] = { [device1]: { RSSI: -60 } };
  const objects = await mirrorBluezObjects(bus);
  const changes: ObjectChange[] = [];
  const unwatch = objects.watch((change) => changes.push(change));
  bus.change(device, device1, { RSSI: -60 });
  bus.change(device, device1, { RSSI: -60 });
  unwatch();
  bus.change(device, device1, { RSSI: -60 });
  expect(changes).toHaveLength(2);
});

test("hears nobody but bluetoothd", async () => {
  const bus = new CannedBluez();
  bus.objects[device] = { [device1]: { Connected: false } };
  const objects = await mirrorBluezObjects(bus);
  const body = [device1, { Connected: true }, []];
  const forged = { path: device, interface: "org.freedesktop.DBus.Properties", member: "PropertiesChanged", body };
  bus.signal({ ...forged, sender: ":1.66" });
  bus.signal({
    ...forged,
    path: "/",
    interface: "org.freedesktop.DBus.ObjectManager",
    member: "InterfacesRemoved",
    sender: ":1.66",
  });
  bus.signal({ ...forged, member: "NameOwnerChanged", body: ["org.bluez", "", ":1.66"], sender: ":1.66" });
  expect(objects.get(device, device1)).toEqual({ Connected: false });
  expect(objects.owner).toBe(":1.7");
});

test("is empty while bluetoothd is down, and whole again when it is back", async () => {
  const bus = new CannedBluez();
  bus.objects[device] = { [device1]: {} };
  const objects = await mirrorBluezObjects(bus);
  const told: string[] = [];
  objects.watch((change) => told.push(change.type === "daemon" ? change.daemon : change.type));
  bus.owns(null);
  expect([objects.daemon, objects.owner, objects.children("/")]).toEqual(["down", null, []]);
  bus.owns(":1.9");
  await objects.until(() => objects.daemon === "up", soon());
  expect([objects.owner, objects.children("/org")]).toEqual([":1.9", [device]]);
  expect(told).toEqual(["down", "up"]);
});

test("starts while bluetoothd is down", async () => {
  const bus = new CannedBluez();
  bus.owner = null;
  const objects = await mirrorBluezObjects(bus);
  expect(objects.daemon).toBe("down");
  bus.owns(":1.9");
  await objects.until(() => objects.daemon === "up", soon());
});

test("a bluetoothd that hangs holds nobody up: it is down until it answers", async () => {
  const bus = new CannedBluez();
  bus.objects[device] = { [device1]: {} };
  bus.answers["GetManagedObjects"] = () => {
    throw new DBusFailure("org.freedesktop.DBus.Error.NoReply", "GetManagedObjects: no reply");
  };
  const objects = await mirrorBluezObjects(bus);
  expect([objects.daemon, objects.owner]).toEqual(["down", ":1.7"]);
  delete bus.answers["GetManagedObjects"];
  await objects.until(() => objects.daemon === "up", soon());
  expect(objects.children("/org")).toEqual([device]);
  objects.close();
});

test("a bluetoothd that is replaced while it is asked is not mirrored", async () => {
  const bus = new CannedBluez();
  let release = (): void => undefined;
  bus.answers["GetManagedObjects"] = async ({ destination }) => {
    if (destination === ":1.7") await new Promise<void>((resolve) => (release = resolve));
    return [{ [`/of/${String(destination).slice(1)}`]: { [device1]: {} } }];
  };
  const mirroring = mirrorBluezObjects(bus);
  await expect.poll(() => bus.calls.length).toBe(2);
  bus.owns(":1.9");
  release();
  const objects = await mirroring;
  await objects.until(() => objects.daemon === "up", soon());
  expect(objects.children("/of")).toEqual(["/of/1.9"]);
});

test("what is told before all objects are here is not told again, and what is told after is not lost", async () => {
  const bus = new CannedBluez();
  bus.answers["GetManagedObjects"] = () => {
    bus.add("/early", { [device1]: { Name: "early" } });
    return [{ [device]: { [device1]: { Name: "whole" } } }];
  };
  const objects = await mirrorBluezObjects(bus);
  expect(objects.get("/early", device1)).toBeNull();
  bus.change(device, device1, { Name: "late" });
  expect(objects.get(device, device1)).toEqual({ Name: "late" });
});

test("waiting ends by its signal, and with the bus, and leaves no listener behind", async () => {
  const bus = new CannedBluez();
  const objects = await mirrorBluezObjects(bus);
  const reason = new Error("given up");
  const controller = new AbortController();
  const waiting = objects.until(() => false, controller.signal);
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(objects.until(() => true, AbortSignal.abort(reason))).rejects.toBe(reason);
  const cut = objects.until(() => false, soon());
  await bus.close();
  await expect(cut).rejects.toMatchObject({ name: "org.freedesktop.DBus.Error.Disconnected" });
  objects.close();
  expect(bus.listeners).toBe(0);
});
