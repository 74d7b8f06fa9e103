import { expect, test } from "vitest";
import { advertise, connectPair, hex, startRig } from "../link-rig.ts";

const numberOfCompletedPackets = 0x13;
const dataBufferOverflow = 0x1a;

test("a first fragment and those that continue it keep their marks and their order", async () => {
  const rig = await startRig();
  const { link } = await connectPair(rig);
  rig.peripheral.sendAcl(0x40, 0b00, Uint8Array.of(1));
  rig.peripheral.sendAcl(0x40, 0b01, Uint8Array.of(2));
  rig.peripheral.sendAcl(0x40, 0b10, Uint8Array.of(3));
  await rig.clock.settle();
  const received = rig.central.host.data.map(({ handle, isFirst, octets }) => ({
    handle,
    isFirst,
    octets: [...octets],
  }));
  expect(received).toEqual([
    { handle: link.handle, isFirst: true, octets: [1] },
    { handle: link.handle, isFirst: false, octets: [2] },
    { handle: link.handle, isFirst: true, octets: [3] },
  ]);
});

test("a controller with small buffers gives its host small fragments", async () => {
  const rig = await startRig({ aclBytesMax: 27 });
  const { link } = await connectPair(rig);
  link.send(0x0004, new Uint8Array(60));
  await rig.clock.settle();
  expect(rig.peripheral.data.map(({ isFirst, octets }) => [isFirst, octets.length])).toEqual([
    [true, 27],
    [false, 27],
    [false, 10],
  ]);
});

test("each fragment comes back as a credit when it has arrived, and not before", async () => {
  const rig = await startRig({ latencyMs: 5 });
  await connectPair(rig);
  for (let sent = 0; sent < 3; sent += 1) rig.peripheral.sendAcl(0x40, 0, Uint8Array.of(sent));
  await rig.clock.advance(4);
  expect(rig.peripheral.heard).toEqual([]);
  expect(rig.central.host.data).toEqual([]);
  await rig.clock.advance(1);
  expect(rig.central.host.data.map(({ octets }) => hex(octets))).toEqual(["00", "01", "02"]);
  expect(rig.peripheral.heard.map(({ code, parameters }) => [code, hex(parameters)])).toEqual(
    Array.from({ length: 3 }, () => [numberOfCompletedPackets, "0140000100"]),
  );
});

test("a host that sends more than there are buffers for is told, and what was too much is lost", async () => {
  const rig = await startRig({ latencyMs: 5 });
  await connectPair(rig);
  for (let sent = 0; sent < 10; sent += 1) rig.peripheral.sendAcl(0x40, 0, Uint8Array.of(sent));
  await rig.clock.advance(5);
  expect(rig.central.host.data).toHaveLength(8);
  const overflows = rig.peripheral.heard.filter(({ code }) => code === dataBufferOverflow);
  expect(overflows.map(({ parameters }) => hex(parameters))).toEqual(["01", "01"]);
});

test("a fragment longer than the buffers is lost as well", async () => {
  const rig = await startRig();
  await connectPair(rig);
  rig.peripheral.sendAcl(0x40, 0, new Uint8Array(252));
  rig.peripheral.sendAcl(0x40, 0, new Uint8Array(251));
  await rig.clock.settle();
  expect(rig.central.host.data.map(({ octets }) => octets.length)).toEqual([251]);
});

test("a link that ends gives its buffers back", async () => {
  const rig = await startRig({ latencyMs: 5 });
  const { link } = await connectPair(rig);
  for (let sent = 0; sent < 8; sent += 1) rig.peripheral.sendAcl(0x40, 0, Uint8Array.of(sent));
  rig.peripheralController.dropLinks();
  expect(await link.ended).toBe(0x08);
  await rig.clock.settle();
  rig.peripheral.heard.splice(0);
  const again = await connectPair(rig);
  for (let sent = 0; sent < 8; sent += 1) rig.peripheral.sendAcl(again.peripheralHandle, 0, Uint8Array.of(sent));
  await rig.clock.advance(5);
  expect(rig.central.host.data.map(({ handle }) => handle)).toEqual(Array.from({ length: 8 }, () => again.link.handle));
});

test("what was sent before a host ends the link arrives before the end", async () => {
  const rig = await startRig({ latencyMs: 5 });
  const { link } = await connectPair(rig);
  rig.peripheral.sendAcl(0x40, 0, Uint8Array.of(9));
  await rig.peripheral.command(0x0406, 0x40, 0, 0x13);
  expect(await rig.clock.runUntil(link.ended)).toBe(0x13);
  expect(rig.central.host.data.map(({ octets }) => hex(octets))).toEqual(["09"]);
});

test("data for a link that has ended, or that never was, is nobody's", async () => {
  const rig = await startRig();
  const { link } = await connectPair(rig);
  await link.disconnect();
  rig.peripheral.heard.splice(0);
  rig.peripheral.sendAcl(0x40, 0, Uint8Array.of(1));
  rig.peripheral.sendAcl(0x99, 0, Uint8Array.of(1));
  await advertise(rig.peripheral);
  expect(rig.peripheral.heard).toEqual([]);
  expect(rig.central.host.data).toEqual([]);
});
