import { expect, test } from "vitest";
import { defaultTimes } from "../../../../gateway/radio/bluez/bluez-connection.ts";
import { mirrorBluezObjects } from "../../../../gateway/radio/bluez/bluez-objects.ts";
import { BluezSession } from "../../../../gateway/radio/bluez/bluez-session.ts";
import { DBusFailure } from "../../../../gateway/radio/bluez/dbus-failure.ts";
import type { RadioEvent } from "../../../../gateway/radio/managed-radio.ts";
import { createVirtualClock, type VirtualClock } from "../../../../simulators/clock/virtual-clock.ts";
import { codeOf } from "../../../contracts/gatt-stage.ts";
import { CannedBluez } from "./canned-bluez.ts";

const adapter = "/org/bluez/hci0";
const address = "C0:00:00:00:00:21";
const device = `${adapter}/dev_C0_00_00_00_00_21`;
const characteristic = { service: "1810", uuid: "2A35", handle: 0x10, properties: ["read", "indicate"] } as const;
const path = `${device}/service000d/char000f`;
const names = { adapter: "org.bluez.Adapter1", device: "org.bluez.Device1", value: "org.bluez.GattCharacteristic1" };
const base = "-0000-1000-8000-00805f9b34fb";
const never = (): Promise<never> => new Promise(() => {});
const soon = (): AbortSignal => AbortSignal.timeout(5_000);

interface Stage {
  readonly bus: CannedBluez;
  readonly clock: VirtualClock;
  readonly session: BluezSession;
  readonly told: RadioEvent[];
}

async function stage(properties: Readonly<Record<string, unknown>> = {}): Promise<Stage> {
  const bus = new CannedBluez();
  const clock = createVirtualClock(0);
  bus.objects[adapter] = { [names.adapter]: { Address: "00:00:00:00:00:01", Powered: true } };
  bus.objects[device] = { [names.device]: { Address: address, AddressType: "random", UUIDs: [], ...properties } };
  bus.answers["Connect"] = () => {
    bus.change(device, names.device, { Connected: true });
    resolve(bus);
    return [];
  };
  bus.answers["Disconnect"] = () => {
    bus.change(device, names.device, { Connected: false, ServicesResolved: false });
    return [];
  };
  const told: RadioEvent[] = [];
  const objects = await mirrorBluezObjects(bus);
  const session = new BluezSession({
    objects,
    clock,
    adapter,
    times: defaultTimes,
    operationTimeoutMs: 32_000,
    services: null,
    scanPeriodMs: 5_000,
    tell: (event) => told.push(event),
  });
  return { bus, clock, session, told };
}

function resolve(bus: CannedBluez): void {
  const service = { "org.bluez.GattService1": { UUID: `00001810${base}`, Device: device } };
  const properties = { UUID: `00002a35${base}`, Service: `${device}/service000d`, Flags: ["read", "indicate"] };
  bus.add(`${device}/service000d`, service);
  bus.add(path, { [names.value]: properties });
  bus.change(device, names.device, { ServicesResolved: true });
}

const members = (bus: CannedBluez): readonly string[] =>
  bus.calls.map((call) => call.slice(0, call.indexOf(" "))).filter((member) => !member.startsWith("Get"));

test("connects with the scan at rest, because the kernel would finish its round first", async () => {
  const { bus, session } = await stage();
  const hearing = session.advertisements(soon());
  const heard = hearing.next();
  await expect.poll(() => members(bus)).toContain("StartDiscovery");
  await session.connect(address, soon());
  await expect
    .poll(() => members(bus).slice(-4))
    .toEqual(["StopDiscovery", "Connect", "SetDiscoveryFilter", "StartDiscovery"]);
  bus.change(device, names.device, { RSSI: -50 });
  expect((await heard).value).toMatchObject({ address, rssiDbm: -50 });
  await hearing.return();
  expect(members(bus).at(-1)).toBe("StopDiscovery");
});

test("begins the scan anew each period, which lets a controller report a device again", async () => {
  const { bus, clock, session } = await stage();
  const hearing = session.advertisements(soon());
  void hearing.next();
  await clock.advance(10_000);
  const round = ["SetDiscoveryFilter", "StartDiscovery"];
  await expect.poll(() => members(bus)).toEqual([...round, "StopDiscovery", ...round, "StopDiscovery", ...round]);
});

test.each(["in its own time", "after a connection"] as const)(
  "a scan that bluetoothd is too slow to begin anew %s is begun when it is fast again",
  async (when) => {
    const { bus, session, clock } = await stage();
    const heard = new AbortController();
    const hearing = session.advertisements(heard.signal).next();
    await expect.poll(() => members(bus)).toContain("StartDiscovery");
    const slow = (): never => {
      throw new DBusFailure("org.freedesktop.DBus.Error.NoReply", "no reply");
    };
    Object.assign(bus.answers, { StartDiscovery: slow, StopDiscovery: slow });
    if (when === "after a connection") await (await session.connect(address, soon())).close();
    await clock.advance(6_000);
    delete bus.answers["StartDiscovery"];
    const begun = members(bus).length;
    await clock.advance(6_000);
    await expect.poll(() => members(bus).slice(begun)).toContain("StartDiscovery");
    heard.abort();
    expect(await hearing).toMatchObject({ done: true });
  },
);

test("services that are known within the same moment as the connection are no trap", async () => {
  const { session } = await stage();
  const link = await session.connect(address, soon());
  expect(await link.discover(soon())).toEqual([characteristic]);
});

test("services that are told of long after they are said to be resolved are waited for", async () => {
  const { bus, session } = await stage();
  bus.answers["Connect"] = () => {
    bus.change(device, names.device, { Connected: true, ServicesResolved: true });
    setTimeout(() => resolve(bus), 50);
    return [];
  };
  const link = await session.connect(address, soon());
  expect(await link.discover(soon())).toEqual([characteristic]);
});

test("a device that has no services to show is connected to all the same, in time", async () => {
  const { bus, session, clock } = await stage();
  bus.answers["Connect"] = () => {
    bus.change(device, names.device, { Connected: true, ServicesResolved: true });
    return [];
  };
  const link = await clock.runUntil(session.connect(address, soon()));
  expect(clock.monotonicMs()).toBe(3_000);
  expect(await link.discover(soon())).toEqual([]);
});

test("closing gives up an attempt to connect, and takes it back", async () => {
  const { bus, session } = await stage();
  bus.answers["Connect"] = never;
  const connecting = codeOf(session.connect(address, soon()));
  await expect.poll(() => members(bus)).toContain("Connect");
  await session.close();
  expect(await connecting).toBe("adapter-absent");
  expect(members(bus).at(-1)).toBe("Disconnect");
});

test("a bonded device that ends the connection twice before its services are known has lost the bond", async () => {
  const { bus, session, clock, told } = await stage({ Bonded: true });
  bus.answers["Connect"] = () => {
    bus.change(device, names.device, { Connected: true });
    bus.change(device, names.device, { Connected: false });
    return [];
  };
  const code = await clock.runUntil(codeOf(session.connect(address, soon())));
  expect(code).toBe("bond-lost");
  expect(told).toEqual([{ type: "bond-refused", address }]);
  expect(members(bus).filter((member) => member === "Connect")).toHaveLength(2);
});

test("a bonded device that ends the connection once is connected to again, by bluetoothd itself or by us", async () => {
  const { bus, session, told } = await stage({ Bonded: true });
  const proper = bus.answers["Connect"] ?? never;
  bus.answers["Connect"] = (call) => {
    bus.answers["Connect"] = proper;
    bus.change(device, names.device, { Connected: true });
    bus.change(device, names.device, { Connected: false });
    setImmediate(() => void proper(call));
    return [];
  };
  const link = await session.connect(address, soon());
  expect(link.bonded).toBe(true);
  expect(told).toEqual([]);
});

test.each([
  [true, "bond-lost"],
  [false, "connect-timeout"],
] as const)(
  "a device (bonded: %s) that hangs before its services are known is %s, in time, and let go",
  async (bonded, code) => {
    const { bus, session, clock } = await stage({ Bonded: bonded });
    bus.answers["Connect"] = () => {
      bus.change(device, names.device, { Connected: true });
      return [];
    };
    expect(await clock.runUntil(codeOf(session.connect(address, soon())))).toBe(code);
    expect(clock.monotonicMs()).toBe(defaultTimes.resolveTimeoutMs);
    await clock.settle();
    expect(members(bus).at(-1)).toBe("Disconnect");
  },
);

test("an attempt that bluetoothd never ends is ended in time, and lets go of the device", async () => {
  const { bus, session, clock } = await stage();
  bus.answers["Connect"] = never;
  expect(await clock.runUntil(codeOf(session.connect(address, soon())))).toBe("connect-timeout");
  expect(clock.monotonicMs()).toBe(defaultTimes.connectTimeoutMs);
  await clock.settle();
  expect(members(bus).at(-1)).toBe("Disconnect");
});

test("an attempt that is given up is taken back before the device is connected to again", async () => {
  const { bus, session } = await stage();
  const proper = bus.answers["Connect"] ?? never;
  bus.answers["Connect"] = never;
  const reason = new Error("given up");
  const controller = new AbortController();
  const connecting = session.connect(address, controller.signal);
  await expect.poll(() => members(bus)).toContain("Connect");
  controller.abort(reason);
  await expect(connecting).rejects.toBe(reason);
  bus.answers["Connect"] = proper;
  await session.connect(address, soon());
  expect(members(bus).filter((member) => member.endsWith("onnect"))).toEqual(["Connect", "Disconnect", "Connect"]);
});

test("a bonded device whose services do not come over a connection that was there before has lost nothing", async () => {
  const { bus, session, clock, told } = await stage({ Bonded: true, Connected: true });
  bus.answers["Connect"] = () => [];
  expect(await clock.runUntil(codeOf(session.connect(address, soon())))).toBe("connect-timeout");
  expect(told).toEqual([]);
});

test("a device that is connected by nobody of ours is told of once, and one that we hold is not", async () => {
  const { bus, session } = await stage({ Connected: true, ServicesResolved: true });
  const heard = new AbortController();
  const first = await session.advertisements(heard.signal).next();
  expect(first.value).toMatchObject({ address, rssiDbm: -127 });
  heard.abort();
  await session.connect(address, soon());
  const again = new AbortController();
  const hearing = session.advertisements(again.signal).next();
  await expect.poll(() => members(bus).at(-1)).toBe("StartDiscovery");
  await new Promise((done) => setImmediate(done));
  again.abort();
  expect(await hearing).toMatchObject({ done: true });
});

test("a device of which bluetoothd has no object is listened for first, and absent if it is not heard", async () => {
  const { bus, session, clock } = await stage();
  const known = bus.objects[device] ?? {};
  bus.remove(device);
  expect(await clock.runUntil(codeOf(session.connect(address, soon())))).toBe("device-absent");
  const connecting = session.connect(address, soon());
  await expect.poll(() => members(bus).at(-1)).toBe("StartDiscovery");
  bus.add(device, known);
  expect(await codeOf(connecting)).toBe("resolved");
});

test("a device that hides its address is connected to by its identity, wherever bluetoothd has it", async () => {
  const { bus, session, clock } = await stage();
  const hidden = "40:00:00:00:00:21";
  const properties = { Address: hidden, AddressType: "random", UUIDs: [] };
  bus.remove(device);
  const path = `${adapter}/dev_40_00_00_00_00_21`;
  bus.add(path, { [names.device]: properties });
  // As bluetoothd does when the device has told its identity in a pairing.
  bus.change(path, names.device, { Address: address, Bonded: true });
  bus.answers["Connect"] = () => {
    bus.change(path, names.device, { Connected: true, ServicesResolved: true });
    return [];
  };
  const link = await clock.runUntil(session.connect(address, soon()));
  expect(link).toMatchObject({ address, bonded: true });
  expect(bus.calls).toContain(`Connect ${path}`);
  expect(await clock.runUntil(codeOf(session.connect(hidden, soon())))).toBe("device-absent");
});

test("notifications are taken back before the link is closed, lest they be sent to nobody next time", async () => {
  const { bus, session } = await stage();
  const link = await session.connect(address, soon());
  await link.subscribe(characteristic, soon());
  await link.close();
  expect(members(bus).slice(-3)).toEqual(["StartNotify", "StopNotify", "Disconnect"]);
});

test("what a lost link left notifying is caught from the first moment of the next one", async () => {
  const { bus, session } = await stage({ Bonded: true });
  const first = await session.connect(address, soon());
  await first.subscribe(characteristic, soon());
  bus.change(device, names.device, { Connected: false, ServicesResolved: false });
  expect(await codeOf(first.read(characteristic, soon()))).toBe("link-lost");
  const proper = bus.answers["Connect"] ?? never;
  bus.answers["Connect"] = (call) => {
    void proper(call);
    setImmediate(() => bus.change(path, names.value, { Value: Uint8Array.of(1) }));
    return [];
  };
  const link = await session.connect(address, soon());
  await new Promise((done) => setImmediate(done));
  const subscription = await link.subscribe(characteristic, soon());
  bus.change(path, names.value, { Value: Uint8Array.of(2) });
  expect(await subscription.next(soon())).toEqual(Uint8Array.of(1));
  expect(await subscription.next(soon())).toEqual(Uint8Array.of(2));
  await link.close();
  expect(members(bus).slice(-2)).toEqual(["StopNotify", "Disconnect"]);
});

test("values that come with the confirmation of the subscription are its first ones", async () => {
  const { bus, session } = await stage();
  const link = await session.connect(address, soon());
  bus.answers["StartNotify"] = () => {
    for (const value of [1, 1]) bus.change(path, names.value, { Value: Uint8Array.of(value) });
    return [];
  };
  const subscription = await link.subscribe(characteristic, soon());
  expect(await subscription.next(soon())).toEqual(Uint8Array.of(1));
  expect(await subscription.next(soon())).toEqual(Uint8Array.of(1));
});

test("an operation that the device never answers ends the link, because there can be no other after it", async () => {
  const { bus, session } = await stage();
  const link = await session.connect(address, soon());
  bus.answers["ReadValue"] = () => {
    throw new DBusFailure("org.freedesktop.DBus.Error.NoReply", "ReadValue: no reply");
  };
  expect(await codeOf(link.read(characteristic, soon()))).toBe("operation-timeout");
  await expect.poll(() => members(bus).at(-1)).toBe("Disconnect");
  expect(await codeOf(link.read(characteristic, soon()))).toBe("link-lost");
});

test("a characteristic that is gone from the device's table is refused as the device would refuse it", async () => {
  const { bus, session } = await stage();
  const link = await session.connect(address, soon());
  bus.remove(path);
  await expect(link.read(characteristic, soon())).rejects.toMatchObject({
    code: "att-error",
    context: { attError: 1 },
  });
});

test("a battery level that bluetoothd keeps to itself is a characteristic all the same", async () => {
  const { bus, session, clock } = await stage({ UUIDs: [`0000180f${base}`] });
  const connecting = session.connect(address, soon());
  await clock.settle();
  bus.add(device, { "org.bluez.Battery1": { Percentage: 77 } });
  const link = await connecting;
  const battery = { service: "180F", uuid: "2A19", handle: 0, properties: ["read"] } as const;
  expect(await link.discover(soon())).toContainEqual(battery);
  expect(await link.read(battery, soon())).toEqual(Uint8Array.of(77));
});

test("a device that floods is let go of, and nothing of what came before is lost", async () => {
  const { bus, session } = await stage();
  const link = await session.connect(address, soon());
  const subscription = await link.subscribe(characteristic, soon());
  for (let sent = 0; sent < 9_000; sent += 1) bus.change(path, names.value, { Value: Uint8Array.of(sent % 256) });
  expect(await codeOf(link.read(characteristic, soon()))).toBe("link-lost");
  for (let taken = 0; taken < 8_192; taken += 1) {
    expect((await subscription.next(soon()))[0]).toBe(taken % 256);
  }
  expect(members(bus)).toContain("Disconnect");
});

test.each(["the adapter is off", "the adapter is gone", "bluetoothd is gone"] as const)(
  "when %s, links are lost, hearings end, and nothing connects",
  async (what) => {
    const { bus, session } = await stage();
    const link = await session.connect(address, soon());
    const hearing = codeOf(session.advertisements(soon()).next());
    await expect.poll(() => members(bus)).toContain("StartDiscovery");
    if (what === "bluetoothd is gone") bus.owns(null);
    else {
      // Devices first, as bluetoothd does it.
      bus.change(device, names.device, { Connected: false });
      if (what === "the adapter is off") bus.change(adapter, names.adapter, { Powered: false });
      else bus.remove(adapter);
    }
    expect(await codeOf(link.read(characteristic, soon()))).toBe("link-lost");
    expect(await hearing).toBe("adapter-absent");
    expect(await codeOf(session.connect(address, soon()))).toBe("adapter-absent");
  },
);

test("1,000 advertisements a second are heard, and kept one for each device", async () => {
  const { bus, session } = await stage();
  const hearing = session.advertisements(soon());
  const first = hearing.next();
  await expect.poll(() => members(bus)).toContain("StartDiscovery");
  for (let told = 0; told < 1_000; told += 1) bus.change(device, names.device, { RSSI: -(told % 100) });
  expect((await first).value).toMatchObject({ rssiDbm: -99 });
  const nothing = hearing.next();
  expect(await Promise.race([nothing, new Promise((done) => setImmediate(() => done("nothing")))])).toBe("nothing");
});

test("closing ends links and hearings, and listens to nothing more", async () => {
  const { bus, session } = await stage();
  const link = await session.connect(address, soon());
  const hearing = codeOf(session.advertisements(soon()).next());
  await session.close();
  expect(await codeOf(link.read(characteristic, soon()))).toBe("link-closed");
  expect(await hearing).toBe("adapter-absent");
  expect(members(bus).filter((member) => member === "Disconnect")).toHaveLength(1);
});
