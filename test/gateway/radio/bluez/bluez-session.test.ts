import { expect, test } from "vitest";
import { DBusFailure } from "../../../../gateway/radio/bluez/dbus-failure.ts";
import { codeOf, soon } from "../../../contracts/gatt-stage.ts";
import {
  adapter,
  address,
  base,
  characteristic,
  device,
  members,
  names,
  never,
  sessionStage,
  valuePath,
} from "./session-stage.ts";

test("connects with the scan at rest, because the kernel would finish its round first", async () => {
  const { bus, session } = await sessionStage();
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
  const { bus, clock, session } = await sessionStage();
  const hearing = session.advertisements(soon());
  void hearing.next();
  await clock.advance(10_000);
  const round = ["SetDiscoveryFilter", "StartDiscovery"];
  await expect.poll(() => members(bus)).toEqual([...round, "StopDiscovery", ...round, "StopDiscovery", ...round]);
});

test.each(["in its own time", "after a connection"] as const)(
  "a scan that bluetoothd is too slow to begin anew %s is begun when it is fast again",
  async (when) => {
    const { bus, session, clock } = await sessionStage();
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

test("notifications are taken back before the link is closed, lest they be sent to nobody next time", async () => {
  const { bus, session } = await sessionStage();
  const link = await session.connect(address, soon());
  await link.subscribe(characteristic, soon());
  await link.close();
  expect(members(bus).slice(-3)).toEqual(["StartNotify", "StopNotify", "Disconnect"]);
});

test("what a lost link left notifying is caught from the first moment of the next one", async () => {
  const { bus, session } = await sessionStage({ Bonded: true });
  const first = await session.connect(address, soon());
  await first.subscribe(characteristic, soon());
  bus.change(device, names.device, { Connected: false, ServicesResolved: false });
  expect(await codeOf(first.read(characteristic, soon()))).toBe("link-lost");
  const proper = bus.answers["Connect"] ?? never;
  bus.answers["Connect"] = (call) => {
    void proper(call);
    setImmediate(() => bus.change(valuePath, names.value, { Value: Uint8Array.of(1) }));
    return [];
  };
  const link = await session.connect(address, soon());
  await new Promise((done) => setImmediate(done));
  const subscription = await link.subscribe(characteristic, soon());
  bus.change(valuePath, names.value, { Value: Uint8Array.of(2) });
  expect(await subscription.next(soon())).toEqual(Uint8Array.of(1));
  expect(await subscription.next(soon())).toEqual(Uint8Array.of(2));
  await link.close();
  expect(members(bus).slice(-2)).toEqual(["StopNotify", "Disconnect"]);
});

test("values that come with the confirmation of the subscription are its first ones", async () => {
  const { bus, session } = await sessionStage();
  const link = await session.connect(address, soon());
  bus.answers["StartNotify"] = () => {
    for (const value of [1, 1]) bus.change(valuePath, names.value, { Value: Uint8Array.of(value) });
    return [];
  };
  const subscription = await link.subscribe(characteristic, soon());
  expect(await subscription.next(soon())).toEqual(Uint8Array.of(1));
  expect(await subscription.next(soon())).toEqual(Uint8Array.of(1));
});

test("an operation that the device never answers ends the link, because there can be no other after it", async () => {
  const { bus, session } = await sessionStage();
  const link = await session.connect(address, soon());
  bus.answers["ReadValue"] = () => {
    throw new DBusFailure("org.freedesktop.DBus.Error.NoReply", "ReadValue: no reply");
  };
  expect(await codeOf(link.read(characteristic, soon()))).toBe("operation-timeout");
  await expect.poll(() => members(bus).at(-1)).toBe("Disconnect");
  expect(await codeOf(link.read(characteristic, soon()))).toBe("link-lost");
});

test("a characteristic that is gone from the device's table is refused as the device would refuse it", async () => {
  const { bus, session } = await sessionStage();
  const link = await session.connect(address, soon());
  bus.remove(valuePath);
  await expect(link.read(characteristic, soon())).rejects.toMatchObject({
    code: "att-error",
    context: { attError: 1 },
  });
});

test("a battery level that bluetoothd keeps to itself is a characteristic all the same", async () => {
  const { bus, session, clock } = await sessionStage({ UUIDs: [`0000180f${base}`] });
  const connecting = session.connect(address, soon());
  await clock.settle();
  bus.add(device, { "org.bluez.Battery1": { Percentage: 77 } });
  const link = await connecting;
  const battery = { service: "180F", uuid: "2A19", handle: 0, properties: ["read"] } as const;
  expect(await link.discover(soon())).toContainEqual(battery);
  expect(await link.read(battery, soon())).toEqual(Uint8Array.of(77));
});

test("a device that floods is let go of, and nothing of what came before is lost", async () => {
  const { bus, session } = await sessionStage();
  const link = await session.connect(address, soon());
  const subscription = await link.subscribe(characteristic, soon());
  for (let sent = 0; sent < 9_000; sent += 1) bus.change(valuePath, names.value, { Value: Uint8Array.of(sent % 256) });
  expect(await codeOf(link.read(characteristic, soon()))).toBe("link-lost");
  for (let taken = 0; taken < 8_192; taken += 1) {
    expect((await subscription.next(soon()))[0]).toBe(taken % 256);
  }
  expect(members(bus)).toContain("Disconnect");
});

test.each(["the adapter is off", "the adapter is gone", "bluetoothd is gone"] as const)(
  "when %s, links are lost, hearings end, and nothing connects",
  async (what) => {
    const { bus, session } = await sessionStage();
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
  const { bus, session } = await sessionStage();
  const hearing = session.advertisements(soon());
  const first = hearing.next();
  await expect.poll(() => members(bus)).toContain("StartDiscovery");
  for (let told = 0; told < 1_000; told += 1) bus.change(device, names.device, { RSSI: -(told % 100) });
  expect((await first).value).toMatchObject({ rssiDbm: -99 });
  const nothing = hearing.next();
  expect(await Promise.race([nothing, new Promise((done) => setImmediate(() => done("nothing")))])).toBe("nothing");
});

test("closing ends links and hearings, and listens to nothing more", async () => {
  const { bus, session } = await sessionStage();
  const link = await session.connect(address, soon());
  const hearing = codeOf(session.advertisements(soon()).next());
  await session.close();
  expect(await codeOf(link.read(characteristic, soon()))).toBe("link-closed");
  expect(await hearing).toBe("adapter-absent");
  expect(members(bus).filter((member) => member === "Disconnect")).toHaveLength(1);
});
