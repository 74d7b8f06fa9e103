import { expect, test } from "vitest";
import { HciHost } from "../../../doubles/bluetooth/hci-host.ts";
import { leEvent } from "../../../doubles/bluetooth/le-central.ts";
import { advertise, connectPair, handleOctets, hex, peripheralAddress, startRig } from "../link-rig.ts";

test("both sides hear of the connection, each of its peer, with the central's parameters", async () => {
  const rig = await startRig();
  await advertise(rig.peripheral);
  const link = await rig.clock.runUntil(rig.central.connect(peripheralAddress));
  expect(link.handle).toBe(0x40);
  // Success, handle, peripheral, public, the central's address, 40 × 1.25 ms, latency 0, 42 × 10 ms, accuracy.
  expect(hex(await rig.peripheral.event(leEvent.connectionComplete))).toBe("00400001000153005e0000280000002a0000");
});

test("a connected advertiser has stopped, and may start again", async () => {
  const rig = await startRig();
  const { link } = await connectPair(rig);
  await rig.central.startScan();
  await rig.clock.advance(1_000);
  expect(rig.central.host.heard).toEqual([]);
  await link.disconnect();
  await advertise(rig.peripheral);
  await rig.clock.runUntil(rig.central.report());
});

test("connecting by the accept list takes whoever of it comes first", async () => {
  const rig = await startRig();
  const { host } = rig.central;
  await host.command(0x2011, 1, 0x01, 0x00, 0x00, 0xee, 0xff, 0xc0);
  const byAcceptList = [0x60, 0, 0x60, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x18, 0, 0x28, 0, 0, 0, 0x2a, 0, 0, 0, 0, 0];
  await host.command(0x200d, ...byAcceptList);
  await advertise(rig.peripheral);
  const complete = await rig.clock.runUntil(host.event(leEvent.connectionComplete));
  expect(hex(complete)).toBe("0040000001010000eeffc0280000002a0000");
});

test("a connection that is awaited may be cancelled, once", async () => {
  const { central, clock } = await startRig();
  const connected = central.connect(peripheralAddress);
  await clock.settle();
  expect(hex(await central.host.command(0x200e))).toBe("00");
  await expect(connected).rejects.toThrow("0x2");
  expect(hex(await central.host.command(0x200e))).toBe("0c");
});

test("one connection is initiated at a time, and one to each peer", async () => {
  const rig = await startRig();
  const first = rig.central.connect(peripheralAddress);
  await rig.clock.settle();
  await expect(rig.central.connect("C0:FF:EE:00:00:02")).rejects.toThrow("0xc");
  await advertise(rig.peripheral);
  await rig.clock.runUntil(first);
  await expect(rig.central.connect(peripheralAddress)).rejects.toThrow("0xb");
});

test("no more links than there is room for", async () => {
  const rig = await startRig({ linksMax: 1 });
  await connectPair(rig);
  await expect(rig.central.connect("C0:FF:EE:00:00:02")).rejects.toThrow("0x9");
});

test("parameters out of range are refused", async () => {
  const { central } = await startRig();
  const octets = [0x60, 0, 0x60, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x18, 0, 0x28, 0, 0, 0, 0x04, 0, 0, 0, 0, 0];
  expect(hex(await central.host.command(0x200d, ...octets))).toBe("12");
});

test("who ends it hears of itself, and the other hears the reason", async () => {
  const rig = await startRig();
  const { link } = await connectPair(rig);
  await link.disconnect(0x15);
  expect(await link.ended).toBe(0x16);
  expect(hex(await rig.peripheral.event(0x05))).toBe("00400015");
  const again = await connectPair(rig);
  await rig.peripheral.command(0x0406, ...handleOctets(again.peripheralHandle), 0x13);
  expect(await again.link.ended).toBe(0x13);
  expect(hex(await rig.peripheral.event(0x05))).toBe(
    "00" + hex(Uint8Array.from(handleOctets(again.peripheralHandle))) + "16",
  );
});

test("handles are not used again at once", async () => {
  const rig = await startRig();
  const handles: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const { link } = await connectPair(rig);
    handles.push(link.handle);
    await link.disconnect();
    rig.peripheral.heard.splice(0);
  }
  expect(handles).toEqual([0x40, 0x41, 0x42]);
});

test("the central changes the parameters of the link for both, and the peripheral may not", async () => {
  const rig = await startRig();
  const { link, peripheralHandle } = await connectPair(rig);
  const octets = [0x10, 0, 0x20, 0, 1, 0, 0x64, 0, 0, 0, 0, 0];
  expect(hex(await rig.central.host.command(0x2013, ...handleOctets(link.handle), ...octets))).toBe("00");
  const expected = "004000200001006400";
  expect(hex(await rig.central.host.event(leEvent.connectionUpdateComplete))).toBe(expected);
  expect(hex(await rig.peripheral.event(leEvent.connectionUpdateComplete))).toBe(expected);
  expect(hex(await rig.peripheral.command(0x2013, ...handleOctets(peripheralHandle), ...octets))).toBe("11");
});

test("each side learns the other's features, version and strength", async () => {
  const rig = await startRig();
  const { link } = await connectPair(rig);
  const handle = handleOctets(link.handle);
  await rig.central.host.command(0x2016, ...handle);
  expect(hex(await rig.central.host.event(leEvent.readRemoteFeaturesComplete))).toBe("0040004900000000000000");
  await rig.central.host.command(0x041d, ...handle);
  expect(hex(await rig.central.host.event(0x0c))).toBe("00400009f1050100");
  expect(hex(await rig.central.host.command(0x1405, ...handle))).toBe("004000ba");
});

test("several links at once keep their data apart", async () => {
  const rig = await startRig();
  const { link } = await connectPair(rig);
  const second = new HciHost(
    rig.medium.controller({ address: "C0:FF:EE:00:00:02", addressKind: "random-static" }).host(),
  );
  await second.command(0x2001, 0x1f, 0, 0, 0, 0, 0, 0, 0);
  await second.command(0x0c01, ...Array.from({ length: 8 }, () => 0xff));
  await advertise(second);
  const other = await rig.clock.runUntil(rig.central.connect("C0:FF:EE:00:00:02"));
  rig.peripheral.sendAcl(0x40, 0, Uint8Array.of(1));
  second.sendAcl(0x40, 0, Uint8Array.of(2));
  await rig.clock.settle();
  const received = rig.central.host.data.map(({ handle, octets }) => `${handle} ${hex(octets)}`);
  expect(received.toSorted()).toEqual([`${link.handle} 01`, `${other.handle} 02`]);
});

test.each([
  ["a scan window longer than its interval", { 2: 0x61 }],
  ["a connection interval whose least is more than its most", { 13: 0x29 }],
  ["a connection interval below 7.5 ms", { 13: 0x05 }],
  ["a time-out that the latency lets pass", { 17: 0x63 }],
])("a connection is not begun with %s", async (_what, wrong: Readonly<Record<number, number>>) => {
  const { central } = await startRig();
  const right = [0x60, 0, 0x60, 0, 0, 1, 1, 0, 0, 0xee, 0xff, 0xc0, 0, 0x18, 0, 0x28, 0, 0, 0, 0x2a, 0, 0, 0, 0, 0];
  const parameters = right.map((octet, at) => wrong[at] ?? octet);
  expect(hex(await central.host.command(0x200d, ...parameters))).toBe("12");
  expect(hex(await central.host.command(0x200d, ...right))).toBe("00");
});

test("a link is not ended for a reason that no host has, nor given an interval whose least is more than its most", async () => {
  const rig = await startRig();
  const { link } = await connectPair(rig);
  const { host } = rig.central;
  const handle = handleOctets(link.handle);
  expect(hex(await host.command(0x0406, ...handle, 0x08))).toBe("12");
  expect(hex(await host.command(0x2013, ...handle, 0x29, 0, 0x28, 0, 0, 0, 0x2a, 0, 0, 0, 0, 0))).toBe("12");
  await link.disconnect(0x15);
  expect(hex(await rig.peripheral.event(0x05))).toBe("00400015");
});
