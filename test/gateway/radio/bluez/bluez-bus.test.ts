import { expect, onTestFinished, test } from "vitest";
import { type BluezBus, busDaemon, openBluezBus } from "../../../../gateway/radio/bluez/bluez-bus.ts";
import { variant } from "../../../../gateway/radio/bluez/dbus-connection.ts";
import { DBusFailure } from "../../../../gateway/radio/bluez/dbus-failure.ts";
import { type PrivateBus, startPrivateBus } from "../../../doubles/private-bus.ts";

const soon = (): AbortSignal => AbortSignal.timeout(5_000);
const path = "/org/bluez/thing";
const thing = "org.bluez.Thing1";

async function open(place: PrivateBus): Promise<BluezBus> {
  const bus = await openBluezBus({ address: place.address });
  onTestFinished(() => bus.close());
  return bus;
}

async function startBus(): Promise<PrivateBus> {
  const place = await startPrivateBus();
  onTestFinished(() => place.stop());
  return place;
}

/** Two connections; the second one is org.bluez, as far as the bus knows. */
async function pairOfBuses(): Promise<{
  readonly place: PrivateBus;
  readonly bus: BluezBus;
  readonly daemon: BluezBus;
}> {
  const place = await startBus();
  const [bus, daemon] = [await open(place), await open(place)];
  const request = { ...busDaemon, member: "RequestName", signature: "su", body: ["org.bluez", 0] };
  expect(await daemon.call(request, soon())).toEqual([1]);
  return { place, bus, daemon };
}

const failureOf = async (work: Promise<unknown>): Promise<string> =>
  await work.then(
    () => "resolved",
    (error: unknown) => (error instanceof DBusFailure ? error.name : "something else"),
  );

test("values go both ways, with variants opened and octets copied", async () => {
  const { bus, daemon } = await pairOfBuses();
  daemon.serve(path, thing, {
    Echo: {
      reply: "aya{sv}",
      run: async ([octets]) => [octets, { size: variant("q", 2), deep: variant("ay", octets) }],
    },
  });
  const request = { path, interface: thing, member: "Echo", signature: "ay", body: [Uint8Array.of(7, 8)] };
  const reply = await bus.call(request, soon());
  expect(reply).toEqual([Uint8Array.of(7, 8), { size: 2, deep: Uint8Array.of(7, 8) }]);
});

test("a refusal is told by its name", async () => {
  const { bus, daemon } = await pairOfBuses();
  const refuse = async (): Promise<never> => {
    throw new DBusFailure("org.bluez.Error.InProgress", "In Progress");
  };
  daemon.serve(path, thing, { Refuse: { reply: "", run: refuse } });
  await expect(bus.call({ path, interface: thing, member: "Refuse" }, soon())).rejects.toMatchObject({
    name: "org.bluez.Error.InProgress",
    message: "In Progress",
  });
  expect(await failureOf(bus.call({ path, interface: thing, member: "Other" }, soon()))).toBe(
    "org.freedesktop.DBus.Error.UnknownMethod",
  );
});

test("a call that is never answered ends: by its signal, by its bound, and with the connection", async () => {
  const { place, bus, daemon } = await pairOfBuses();
  daemon.serve(path, thing, { Hang: { reply: "", run: () => new Promise(() => {}) } });
  const request = { path, interface: thing, member: "Hang" };
  const reason = new Error("given up");
  await expect(bus.call(request, AbortSignal.abort(reason))).rejects.toBe(reason);
  const controller = new AbortController();
  const aborted = bus.call(request, controller.signal);
  controller.abort(reason);
  await expect(aborted).rejects.toBe(reason);
  expect(await failureOf(bus.call({ ...request, timeoutMs: 1 }, soon()))).toBe("org.freedesktop.DBus.Error.NoReply");
  const cut = failureOf(bus.call(request, soon()));
  await place.stop();
  expect(await cut).toBe("org.freedesktop.DBus.Error.Disconnected");
  expect(bus.ended.aborted).toBe(true);
  expect(await failureOf(bus.call(request, soon()))).toBe("org.freedesktop.DBus.Error.Disconnected");
});

test("a message that cannot be sent is refused, and the connection goes on", async () => {
  const { bus } = await pairOfBuses();
  const request = { ...busDaemon, member: "GetNameOwner", signature: "s", body: [5] };
  expect(await failureOf(bus.call(request, soon()))).toBe("org.freedesktop.DBus.Error.Failed");
  expect(await bus.call({ ...request, body: ["org.bluez"] }, soon())).toHaveLength(1);
});

test("a bluetoothd that does not run is not started, and its absence is told at once", async () => {
  const bus = await open(await startBus());
  expect(await failureOf(bus.call({ path: "/", interface: thing, member: "Any" }, soon()))).toBe(
    "org.freedesktop.DBus.Error.NameHasNoOwner",
  );
});

test("tells of the coming and going of bluetoothd, until it is no longer listened to", async () => {
  const { bus, daemon } = await pairOfBuses();
  const owners: unknown[] = [];
  const unhear = bus.onSignal(({ member, body }) => owners.push([member, body[2]]));
  await daemon.close();
  await expect.poll(() => owners.at(-1)).toEqual(["NameOwnerChanged", ""]);
  unhear();
});

test("a bus that is not there cannot be opened", async () => {
  const opening = openBluezBus({ address: "unix:path=/nonexistent/bus" });
  expect(await failureOf(opening)).toBe("org.freedesktop.DBus.Error.NoServer");
});

test("the address is lent to node-ble, and the environment is as it was", async () => {
  const before = process.env["DBUS_SYSTEM_BUS_ADDRESS"];
  await open(await startBus());
  expect(process.env["DBUS_SYSTEM_BUS_ADDRESS"]).toBe(before);
});
