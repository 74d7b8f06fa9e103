import { expect, test } from "vitest";
import { defaultTimes } from "../../../../gateway/radio/bluez/bluez-connection.ts";
import { codeOf, soon } from "../../../contracts/gatt-stage.ts";
import {
  adapter,
  address,
  characteristic,
  device,
  members,
  names,
  never,
  resolveServices,
  sessionStage,
} from "./session-stage.ts";

test("services that are known within the same moment as the connection are no trap", async () => {
  const { session } = await sessionStage();
  const link = await session.connect(address, soon());
  expect(await link.discover(soon())).toEqual([characteristic]);
});

test("services that are told of long after they are said to be resolved are waited for", async () => {
  const { bus, session } = await sessionStage();
  bus.answers["Connect"] = () => {
    bus.change(device, names.device, { Connected: true, ServicesResolved: true });
    setTimeout(() => resolveServices(bus), 50);
    return [];
  };
  const link = await session.connect(address, soon());
  expect(await link.discover(soon())).toEqual([characteristic]);
});

test("a device that has no services to show is connected to all the same, in time", async () => {
  const { bus, session, clock } = await sessionStage();
  bus.answers["Connect"] = () => {
    bus.change(device, names.device, { Connected: true, ServicesResolved: true });
    return [];
  };
  const link = await clock.runUntil(session.connect(address, soon()));
  expect(clock.monotonicMs()).toBe(3_000);
  expect(await link.discover(soon())).toEqual([]);
});

test("closing gives up an attempt to connect, and takes it back", async () => {
  const { bus, session } = await sessionStage();
  bus.answers["Connect"] = never;
  const connecting = codeOf(session.connect(address, soon()));
  await expect.poll(() => members(bus)).toContain("Connect");
  await session.close();
  expect(await connecting).toBe("adapter-absent");
  expect(members(bus).at(-1)).toBe("Disconnect");
});

test("a bonded device that ends the connection twice before its services are known has lost the bond", async () => {
  const { bus, session, clock, told } = await sessionStage({ Bonded: true });
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
  const { bus, session, told } = await sessionStage({ Bonded: true });
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
    const { bus, session, clock } = await sessionStage({ Bonded: bonded });
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
  const { bus, session, clock } = await sessionStage();
  bus.answers["Connect"] = never;
  expect(await clock.runUntil(codeOf(session.connect(address, soon())))).toBe("connect-timeout");
  expect(clock.monotonicMs()).toBe(defaultTimes.connectTimeoutMs);
  await clock.settle();
  expect(members(bus).at(-1)).toBe("Disconnect");
});

test("an attempt that is given up is taken back before the device is connected to again", async () => {
  const { bus, session } = await sessionStage();
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
  const { bus, session, clock, told } = await sessionStage({ Bonded: true, Connected: true });
  bus.answers["Connect"] = () => [];
  expect(await clock.runUntil(codeOf(session.connect(address, soon())))).toBe("connect-timeout");
  expect(told).toEqual([]);
});

test("a device that is connected by nobody of ours is told of once, and one that we hold is not", async () => {
  const { bus, session } = await sessionStage({ Connected: true, ServicesResolved: true });
  const heard = new AbortController();
  const first = await session.advertisements(heard.signal).next();
  expect(first.value).toMatchObject({ address, rssiDbm: -127, isLeftConnected: true });
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
  const { bus, session, clock } = await sessionStage();
  const known = bus.objects[device] ?? {};
  bus.remove(device);
  expect(await clock.runUntil(codeOf(session.connect(address, soon())))).toBe("device-absent");
  const connecting = session.connect(address, soon());
  await expect.poll(() => members(bus).at(-1)).toBe("StartDiscovery");
  bus.add(device, known);
  expect(await codeOf(connecting)).toBe("resolved");
});

test("a device that hides its address is connected to by its identity, wherever bluetoothd has it", async () => {
  const { bus, session, clock } = await sessionStage();
  const hidden = "40:00:00:00:00:21";
  const properties = { Address: hidden, AddressType: "random", UUIDs: [] };
  bus.remove(device);
  const hiddenPath = `${adapter}/dev_40_00_00_00_00_21`;
  bus.add(hiddenPath, { [names.device]: properties });
  // As bluetoothd does when the device has told its identity in a pairing.
  bus.change(hiddenPath, names.device, { Address: address, Bonded: true });
  bus.answers["Connect"] = () => {
    bus.change(hiddenPath, names.device, { Connected: true, ServicesResolved: true });
    return [];
  };
  const link = await clock.runUntil(session.connect(address, soon()));
  expect(link).toMatchObject({ address, bonded: true });
  expect(bus.calls).toContain(`Connect ${hiddenPath}`);
  expect(await clock.runUntil(codeOf(session.connect(hidden, soon())))).toBe("device-absent");
});
