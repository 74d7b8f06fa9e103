import { expect, test } from "vitest";
import {
  advertise,
  advertisingData,
  type LinkRig,
  peripheralAddress,
  prepare,
  scanResponseData,
  startRig,
} from "../link-rig.ts";
import { HciHost } from "../../../doubles/bluetooth/hci-host.ts";
import { leEvent } from "../../../doubles/bluetooth/le-central.ts";

const reportsOf = ({ central }: LinkRig): number =>
  central.host.heard.filter(({ code }) => code === leEvent.advertisingReport).length;

/** The octets of a peer: kind and address, as advertising parameters and the accept list have them. */
const randomPeer = [0x01, 0x01, 0x00, 0x00, 0xee, 0xff, 0xc0];

test("an active scan reports the advertisement and the scan response, with the address and the strength", async () => {
  const rig = await startRig();
  await advertise(rig.peripheral);
  await rig.central.startScan();
  const report = await rig.clock.runUntil(rig.central.report());
  expect(report).toMatchObject({ address: peripheralAddress, isRandom: true, type: 0, rssiDbm: -70 });
  expect([...report.data]).toEqual(advertisingData);
  const response = await rig.central.report();
  expect(response.type).toBe(4);
  expect([...response.data]).toEqual(scanResponseData);
});

test("a passive scan asks for no scan response", async () => {
  const rig = await startRig();
  await advertise(rig.peripheral);
  await rig.central.startScan(false);
  await rig.clock.advance(1_000);
  const types = rig.central.host.heard.map(({ parameters }) => parameters[1]);
  expect(new Set(types)).toEqual(new Set([0]));
});

test.each([
  [1, 9, 10],
  [10, 90, 100],
])("at speed %i the interval of 100 ms gives %i to %i reports in a second", async (speed, least, most) => {
  const rig = await startRig({ speed });
  await advertise(rig.peripheral);
  await rig.central.startScan(false);
  await rig.clock.advance(1_000);
  expect(reportsOf(rig)).toBeGreaterThanOrEqual(least);
  expect(reportsOf(rig)).toBeLessThanOrEqual(most + 1);
});

test("a scan that filters duplicates reports each device once, and again when it is started anew", async () => {
  const rig = await startRig();
  await advertise(rig.peripheral);
  await rig.central.host.command(0x200b, 0, 0x10, 0, 0x10, 0, 0, 0);
  await rig.central.host.command(0x200c, 1, 1);
  await rig.clock.advance(1_000);
  expect(reportsOf(rig)).toBe(1);
  await rig.central.host.command(0x200c, 0, 0);
  await rig.central.host.command(0x200c, 1, 1);
  await rig.clock.advance(1_000);
  expect(reportsOf(rig)).toBe(2);
});

test("a scan with half a window hears about half", async () => {
  const rig = await startRig();
  await advertise(rig.peripheral, { interval: 0x20 });
  await rig.central.host.command(0x200b, 0, 0xa0, 0, 0x50, 0, 0, 0);
  await rig.central.host.command(0x200c, 1, 0);
  await rig.clock.advance(10_000);
  expect(reportsOf(rig)).toBeGreaterThan(150);
  expect(reportsOf(rig)).toBeLessThan(260);
});

test("a scan by the accept list hears those in it only", async () => {
  const rig = await startRig();
  await advertise(rig.peripheral);
  await rig.central.host.command(0x200b, 0, 0x10, 0, 0x10, 0, 0, 1);
  await rig.central.host.command(0x200c, 1, 0);
  await rig.clock.advance(1_000);
  expect(reportsOf(rig)).toBe(0);
  await rig.central.host.command(0x200c, 0, 0);
  await rig.central.host.command(0x2011, ...randomPeer);
  await rig.central.host.command(0x200c, 1, 0);
  await rig.clock.advance(1_000);
  expect(reportsOf(rig)).toBeGreaterThan(5);
});

test.each([
  ["scannable", 2, [2, 4]],
  ["not connectable", 3, [3]],
] as const)("who is %s is reported so, and is not connected to", async (_what, type, types) => {
  const rig = await startRig();
  await advertise(rig.peripheral, { type });
  await rig.central.startScan();
  void rig.central.connect(peripheralAddress);
  await rig.clock.advance(1_000);
  const heard = rig.central.host.heard.filter(({ code }) => code === leEvent.advertisingReport);
  expect(new Set(heard.map(({ parameters }) => parameters[1]))).toEqual(new Set(types));
  expect(rig.peripheral.heard).toEqual([]);
});

test("directed advertising is for one central", async () => {
  const rig = await startRig();
  const other = new HciHost(rig.medium.controller().host());
  await prepare(other);
  await other.command(0x200c, 1, 0);
  // The first address of the room is the central's: 00:00:5E:00:53:01.
  await advertise(rig.peripheral, { type: 4, peer: [0, 0x01, 0x53, 0x00, 0x5e, 0x00, 0x00] });
  await rig.central.startScan();
  const report = await rig.clock.runUntil(rig.central.report());
  expect(report).toMatchObject({ type: 1, data: new Uint8Array() });
  expect(other.heard).toEqual([]);
});

test("directed advertising of high duty gives up after 1.28 s", async () => {
  const rig = await startRig();
  await advertise(rig.peripheral, { type: 1, peer: [0, 0x02, 0x53, 0x00, 0x5e, 0x00, 0x00] });
  await rig.clock.advance(1_200);
  expect(rig.peripheral.heard).toEqual([]);
  await rig.clock.advance(100);
  expect((await rig.peripheral.event(leEvent.connectionComplete))[0]).toBe(0x3c);
});

test("an advertiser that filters answers only whom it has listed", async () => {
  const rig = await startRig();
  await advertise(rig.peripheral, { filterPolicy: 3 });
  const connected = rig.central.connect(peripheralAddress);
  await rig.central.startScan();
  await rig.clock.advance(1_000);
  const types = rig.central.host.heard.map(({ parameters }) => parameters[1]);
  expect(new Set(types)).toEqual(new Set([0]));
  await rig.peripheral.command(0x200a, 0);
  await rig.peripheral.command(0x2011, 0, 0x01, 0x53, 0x00, 0x5e, 0x00, 0x00);
  await rig.peripheral.command(0x200a, 1);
  expect((await rig.clock.runUntil(connected)).handle).toBe(0x40);
});

test("a controller hears nothing of what its host has masked", async () => {
  const rig = await startRig();
  await advertise(rig.peripheral);
  await rig.central.host.command(0x2001, 0x1d, 0, 0, 0, 0, 0, 0, 0);
  await rig.central.startScan();
  await rig.clock.advance(1_000);
  expect(rig.central.host.heard).toEqual([]);
});

test("nobody hears itself, nor who has stopped", async () => {
  const rig = await startRig();
  await advertise(rig.peripheral);
  await rig.peripheral.command(0x200b, 0, 0x10, 0, 0x10, 0, 1, 0);
  await rig.peripheral.command(0x200c, 1, 0);
  await rig.clock.advance(1_000);
  expect(rig.peripheral.heard).toEqual([]);
  await rig.peripheral.command(0x200a, 0);
  await rig.central.startScan();
  await rig.clock.advance(1_000);
  expect(reportsOf(rig)).toBe(0);
  expect(rig.clock.sleepers()).toBe(0);
});

test.each([
  ["an advertiser", [[0x2006, 0x20, 0, 0x20, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 1] as const, [0x200a, 1] as const]],
  ["a scanner", [[0x200b, 0, 0x10, 0, 0x10, 0, 0, 1] as const, [0x200c, 1, 0] as const]],
  [
    "an initiator",
    [[0x200d, 0x60, 0, 0x60, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 24, 0, 40, 0, 0, 0, 42, 0, 0, 0, 0, 0] as const],
  ],
])("the accept list that %s goes by is not changed under it", async (_who, begin) => {
  const { peripheral: host } = await startRig();
  for (const [opcode, ...parameters] of begin) expect((await host.command(opcode, ...parameters))[0]).toBe(0);
  for (const [opcode, ...parameters] of [[0x2010], [0x2011, ...randomPeer], [0x2012, ...randomPeer]] as const) {
    expect([...(await host.command(opcode, ...parameters))]).toEqual([0x0c]);
  }
});
