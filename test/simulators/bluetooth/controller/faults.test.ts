import { expect, test } from "vitest";
import { leEvent } from "../../../doubles/bluetooth/le-central.ts";
import { advertise, connectPair, hex, peripheralAddress, prepare, startRig } from "../link-rig.ts";

/** The central asks for a supervision time-out of 420 ms. */
const supervisionMs = 420;

test("a dropped link ends for both with Connection Timeout", async () => {
  const rig = await startRig();
  const { link } = await connectPair(rig);
  expect(rig.peripheralController.dropLinks()).toBe(1);
  expect(await link.ended).toBe(0x08);
  expect(hex(await rig.peripheral.event(0x05))).toBe("00400008");
  expect(rig.peripheralController.dropLinks()).toBe(0);
});

test("a peripheral that refuses is a connection that fails to be established", async () => {
  const rig = await startRig();
  rig.peripheralController.setFaults({ refusesConnections: true });
  await advertise(rig.peripheral);
  const link = await rig.clock.runUntil(rig.central.connect(peripheralAddress));
  expect(await link.ended).toBe(0x3e);
  expect(rig.peripheral.heard).toEqual([]);
  rig.peripheralController.setFaults({ refusesConnections: false });
  expect((await rig.clock.runUntil(rig.central.connect(peripheralAddress))).handle).toBe(0x41);
});

test("who goes out of range is lost after the supervision time-out, by both", async () => {
  const rig = await startRig();
  const { link } = await connectPair(rig);
  rig.peripheralController.setFaults({ isOutOfRange: true });
  await rig.clock.advance(supervisionMs - 1);
  expect(rig.peripheral.heard).toEqual([]);
  await rig.clock.advance(1);
  expect(await link.ended).toBe(0x08);
  expect(hex(await rig.peripheral.event(0x05))).toBe("00400008");
});

test("who comes back in time has lost nothing", async () => {
  const rig = await startRig();
  await connectPair(rig);
  rig.peripheralController.setFaults({ isOutOfRange: true });
  rig.peripheral.sendAcl(0x40, 0, Uint8Array.of(1));
  await rig.clock.advance(supervisionMs - 1);
  expect(rig.central.host.data).toEqual([]);
  rig.peripheralController.setFaults({ isOutOfRange: false });
  await rig.clock.advance(10 * supervisionMs);
  expect(rig.central.host.data.map(({ octets }) => hex(octets))).toEqual(["01"]);
});

test("a host that ends a link to who is out of range is done at once", async () => {
  const rig = await startRig();
  const { link } = await connectPair(rig);
  rig.peripheralController.setFaults({ isOutOfRange: true });
  await link.disconnect();
  expect(await link.ended).toBe(0x16);
  expect(hex(await rig.peripheral.event(0x05))).toBe("00400008");
  expect(rig.clock.sleepers()).toBe(0);
});

test("who is out of range is not heard", async () => {
  const rig = await startRig();
  await advertise(rig.peripheral);
  rig.peripheralController.setFaults({ isOutOfRange: true });
  await rig.central.startScan();
  await rig.clock.advance(1_000);
  expect(rig.central.host.heard).toEqual([]);
  rig.peripheralController.setFaults({ isOutOfRange: false });
  await rig.clock.runUntil(rig.central.report());
});

test("a silent controller answers its host and hears nobody, until it is put right", async () => {
  const rig = await startRig();
  await advertise(rig.peripheral);
  rig.centralController.setFaults({ isSilent: true });
  await rig.central.startScan();
  await rig.clock.advance(10_000);
  expect(rig.central.host.heard).toEqual([]);
  expect(hex(await rig.central.host.command(0x200f))).toBe("0010");
  rig.centralController.setFaults({ isSilent: false });
  await rig.clock.runUntil(rig.central.report());
});

test("a controller that has hung answers nothing, and its peers lose it", async () => {
  const rig = await startRig();
  await connectPair(rig);
  rig.centralController.setFaults({ isHung: true });
  const answered: Uint8Array[] = [];
  void rig.central.host.command(0x200f).then((octets) => answered.push(octets));
  await rig.clock.advance(supervisionMs);
  expect(answered).toEqual([]);
  expect(hex(await rig.peripheral.event(0x05))).toBe("00400008");
});

test("a crash is a Hardware Error, and everything is as after power-on", async () => {
  const rig = await startRig();
  const { link } = await connectPair(rig);
  const { transport } = rig.peripheral;
  rig.peripheralController.crash();
  expect(hex(await rig.peripheral.event(0x10))).toBe("00");
  await rig.clock.advance(supervisionMs);
  expect(await link.ended).toBe(0x08);
  expect(rig.peripheral.heard).toEqual([]);
  expect(transport.ended.aborted).toBe(false);
  await prepare(rig.peripheral);
  await connectPair(rig);
});

test("a reset forgets masks, lists, data and links, and says nothing to its host but that it is done", async () => {
  const rig = await startRig();
  const { link } = await connectPair(rig);
  rig.peripheral.heard.splice(0);
  expect(hex(await rig.peripheral.command(0x0c03))).toBe("00");
  await rig.clock.advance(supervisionMs);
  expect(await link.ended).toBe(0x08);
  expect(rig.peripheral.heard).toEqual([]);
  await rig.peripheral.command(0x200a, 1);
  await rig.central.startScan(false);
  expect((await rig.clock.runUntil(rig.central.report())).data).toEqual(new Uint8Array());
});

test("who is taken out of the room ends its transport, is lost by its peers, and leaves nothing behind", async () => {
  const rig = await startRig();
  const { link } = await connectPair(rig);
  rig.peripheralController.remove();
  rig.peripheralController.remove();
  expect(rig.peripheral.transport.ended.aborted).toBe(true);
  expect(rig.medium.controllers).toEqual([rig.centralController]);
  await rig.clock.advance(supervisionMs);
  expect(await link.ended).toBe(0x08);
  expect(rig.peripheralController.host().ended.aborted).toBe(true);
  expect(rig.clock.sleepers()).toBe(0);
});

test("a host that is replaced loses its transport, and the next one takes over", async () => {
  const rig = await startRig();
  const next = rig.peripheralController.host();
  expect(rig.peripheral.transport.ended.aborted).toBe(true);
  const packets: string[] = [];
  next.receive((packet) => packets.push(hex(packet)));
  next.send(Uint8Array.of(0x01, 0x03, 0x0c, 0x00));
  await rig.clock.settle();
  expect(packets).toEqual(["040e0401030c00"]);
});

test("a thousand connections leave no sleeper and no link behind", async () => {
  const rig = await startRig();
  await advertise(rig.peripheral);
  for (let round = 0; round < 1_000; round += 1) {
    const { link } = await connectPair(rig);
    if (round % 2 === 0) rig.peripheralController.dropLinks();
    else await link.disconnect();
    await link.ended;
    rig.peripheral.heard.splice(0);
    rig.central.host.heard.splice(0);
  }
  await rig.peripheral.command(0x200a, 0);
  expect(rig.clock.sleepers()).toBe(0);
  expect(rig.centralController.connections.all).toEqual([]);
  expect(rig.peripheralController.connections.all).toEqual([]);
  expect(rig.central.host.heard.filter(({ code }) => code === leEvent.connectionComplete)).toEqual([]);
});
