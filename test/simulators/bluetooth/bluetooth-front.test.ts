import { expect, test } from "vitest";
import { createVirtualAir } from "../../../simulators/air/virtual-air.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { Probe, probeCharacteristics as gatt } from "../../contracts/gatt-link-probe.ts";
import { frontRig, rigAround } from "./front-rig.ts";
import { handles, PairingProbe, quiet } from "./pairing-probe.ts";

test("a central finds a device by its services, and by its name when it asks", async () => {
  const probe = new Probe();
  const { until, central, clock } = await frontRig(probe);
  await clock.advance(100);
  const advertisement = await until(central.find(probe.address));
  expect([...advertisement.data]).toEqual([2, 0x01, 0x06, 5, 0x03, 0x10, 0x18, 0x08, 0x18]);
  const response = await until(central.find(probe.address, 4));
  expect(Buffer.from(response.data.subarray(2)).toString()).toBe("Probe");
});

test("a device that sleeps is not heard, and one that wakes is", async () => {
  const probe = new Probe();
  probe.isAwake = false;
  const { until, central, clock } = await frontRig(probe);
  await clock.advance(200);
  await until(central.startScan());
  await clock.advance(1_000);
  expect(central.host.heard).toEqual([]);
  probe.isAwake = true;
  expect((await until(central.report())).address).toBe(probe.address);
});

test("values and answers keep the order in which the device gave them", async () => {
  const probe = new PairingProbe();
  const { until, connect } = await frontRig(probe);
  const link = await connect(probe.address);
  await until(link.pair(quiet));
  await until(link.att.write(handles.glucoseConfiguration, Uint8Array.of(1, 0)));
  probe.notify(1, 2, 3);
  await until(link.att.read(handles.model));
  expect(link.att.values.map(({ value }) => value[0])).toEqual([1, 2, 3]);
});

test("a value that the central has not confirmed holds back the next one, and not the answers", async () => {
  const probe = new PairingProbe();
  const { until, connect, clock } = await frontRig(probe);
  const link = await connect(probe.address);
  await until(link.pair(quiet));
  link.att.confirms = false;
  await until(link.att.write(handles.pressureConfiguration, Uint8Array.of(2, 0)));
  probe.indicate(7, 8);
  await until(link.att.read(handles.model));
  expect(link.att.values.map(({ value }) => value[0])).toEqual([7]);
  link.att.confirm();
  await clock.settle();
  expect(link.att.values.map(({ value }) => value[0])).toEqual([7, 8]);
  expect(probe.deliveries).toEqual(["confirmed"]);
});

test("a central that never confirms loses the link after 30 seconds", async () => {
  const probe = new PairingProbe();
  const { until, connect, clock } = await frontRig(probe);
  const link = await connect(probe.address);
  await until(link.pair(quiet));
  link.att.confirms = false;
  await until(link.att.write(handles.pressureConfiguration, Uint8Array.of(2, 0)));
  probe.indicate(7);
  const before = clock.monotonicMs();
  expect(await until(link.ended)).toBe(0x08);
  expect(clock.monotonicMs() - before).toBeGreaterThanOrEqual(30_000);
});

test("the air's commands act: a transfer is cut after the values that had been sent", async () => {
  const probe = new PairingProbe();
  const { until, connect, air } = await frontRig(probe);
  const link = await connect(probe.address);
  await until(link.pair(quiet));
  await until(link.att.write(handles.glucoseConfiguration, Uint8Array.of(1, 0)));
  air.command({ type: "cut-transfer", address: probe.address, afterValues: 2, before: "value" });
  probe.notify(1, 2, 3);
  expect(await until(link.ended)).toBe(0x08);
  expect(link.att.values.map(({ value }) => value[0])).toEqual([1, 2]);
});

test("a device that ends the link says so, and one that refuses is never reached", async () => {
  const probe = new PairingProbe();
  const { until, connect, air } = await frontRig(probe);
  const link = await connect(probe.address);
  await until(link.att.exchangeMtu(100));
  probe.disconnect();
  expect(await until(link.ended)).toBe(0x13);
  air.command({ type: "refuse-connections", address: probe.address, count: 1 });
  const refused = await connect(probe.address);
  expect(await until(refused.ended)).toBe(0x3e);
});

test("devices that come and go do so on the medium as well", async () => {
  const probe = new Probe();
  const { air, front, medium } = await frontRig(probe);
  expect(medium.controllers).toHaveLength(2);
  const other = new Probe("C0:FF:EE:00:00:02");
  air.add(other);
  expect(front.controller(other.address)?.address).toBe(other.address);
  air.remove(probe.address);
  expect(front.controller(probe.address)).toBeNull();
  expect(medium.controllers).toHaveLength(2);
  front.close();
  expect(medium.controllers).toHaveLength(1);
  expect(air.peripherals()).toEqual([other]);
});

test("a table that has changed since the bond is told of when the link is encrypted again", async () => {
  const probe = new PairingProbe();
  const more = { service: "180F", uuid: "2A19", handle: 64, properties: ["read"] } as const;
  const { until, connect, clock } = await frontRig(probe);
  const first = await connect(probe.address);
  const bond = await until(first.pair(quiet));
  const serviceChanged = 8;
  await until(first.att.write(serviceChanged + 1, Uint8Array.of(2, 0)));
  await until(first.disconnect());
  Object.assign(probe, { characteristics: [...probe.characteristics, more] });
  const again = await connect(probe.address);
  await until(again.encrypt(bond));
  await clock.settle();
  expect(again.att.values).toEqual([
    { handle: serviceChanged, value: Uint8Array.of(0x01, 0x00, 0xff, 0xff), isIndication: true },
  ]);
});

test.for([true, false])(
  "where subscriptions are kept (%s), a bonded central has them again",
  async (keepsSubscriptions) => {
    const probe = new PairingProbe();
    const { until, connect, clock } = await frontRig(probe, { keepsSubscriptions });
    const first = await connect(probe.address);
    const bond = await until(first.pair(quiet));
    await until(first.att.write(handles.pressureConfiguration, Uint8Array.of(2, 0)));
    await until(first.disconnect());
    const again = await connect(probe.address);
    await until(again.encrypt(bond));
    await clock.settle();
    expect(probe.heard.filter((what) => what === `on ${gatt.pressure.handle}`)).toHaveLength(
      keepsSubscriptions ? 2 : 1,
    );
    const configuration = await until(again.att.read(handles.pressureConfiguration));
    expect([...configuration]).toEqual([keepsSubscriptions ? 2 : 0, 0]);
  },
);

test("a link that is lost while subscriptions are given back is lost, and nothing else", async () => {
  const probe = new PairingProbe();
  const { until, connect, air } = await frontRig(probe, { keepsSubscriptions: true });
  const first = await connect(probe.address);
  const bond = await until(first.pair(quiet));
  await until(first.att.write(handles.pressureConfiguration, Uint8Array.of(2, 0)));
  await until(first.disconnect());
  const again = await connect(probe.address);
  probe.whenConfigured = () => air.command({ type: "disconnect", address: probe.address });
  await until(again.encrypt(bond));
  expect(await until(again.ended)).toBe(0x08);
  probe.whenConfigured = () => undefined;
  const last = await connect(probe.address);
  expect(await until(last.encrypt(bond))).toBe(0);
});

test("a device that is slow to answer a connection is waited for, also by whoever encrypts at once", async () => {
  const clock = createVirtualClock(0);
  const air = createVirtualAir({ clock, seed: 1 });
  const probe = new PairingProbe();
  air.add(probe, { connectLatencyMs: { minMs: 3_000, maxMs: 3_000 } });
  const { until, connect } = await rigAround({ clock, air, options: {} });
  const first = await connect(probe.address);
  const bond = await until(first.pair(quiet));
  await until(first.disconnect());
  const again = await connect(probe.address);
  expect(await until(again.encrypt(bond))).toBe(0);
  expect(await until(again.att.read(handles.model))).toHaveLength(300);
});
