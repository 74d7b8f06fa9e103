import { expect, test } from "vitest";
import { Probe, probeCharacteristics as gatt } from "../../../contracts/gatt-link-probe.ts";
import { frontRig } from "../front-rig.ts";

const open = (): Probe => Object.assign(new Probe(), { requiresBond: false });

test("a device advertises again as soon as its link has ended, and as what it is by then", async () => {
  const probe = open();
  const { connect, until, central, clock } = await frontRig(probe);
  const link = await connect(probe.address);
  probe.name = "Renamed";
  await until(link.disconnect());
  await clock.advance(100);
  const { data } = await until(central.find(probe.address, 4));
  expect(Buffer.from(data.subarray(2)).toString()).toBe("Renamed");
});

test("a device whose name changes while it advertises is heard by the new one", async () => {
  const probe = open();
  const { until, central, clock } = await frontRig(probe);
  await clock.advance(100);
  await until(central.find(probe.address));
  probe.name = "Later";
  await clock.advance(100);
  const { data } = await until(central.find(probe.address, 4));
  expect(Buffer.from(data.subarray(2)).toString()).toBe("Later");
});

test("a device that falls asleep while it is connected goes on, and is silent afterwards", async () => {
  const probe = open();
  const { connect, until, central, clock } = await frontRig(probe);
  const link = await connect(probe.address);
  probe.isAwake = false;
  await clock.advance(1_000);
  expect(await until(link.att.read(gatt.model.handle))).toHaveLength(300);
  await until(link.disconnect());
  await clock.advance(100);
  central.host.heard.splice(0);
  await until(central.startScan());
  await clock.advance(2_000);
  expect(central.host.heard).toEqual([]);
});

test("a thousand values arrive in order through a controller that has room for a few", async () => {
  const probe = open();
  const { connect, until, clock } = await frontRig(probe);
  const link = await connect(probe.address);
  await until(link.att.write(gatt.glucose.handle + 1, Uint8Array.of(1, 0)));
  const numbers = Array.from({ length: 1_000 }, (_, at) => at % 256);
  probe.notify(...numbers);
  await clock.settle();
  expect(link.att.values.map(({ value }) => value[0])).toEqual(numbers);
  expect(new Set(probe.deliveries)).toEqual(new Set(["handed-over"]));
});

test("a controller that is unplugged takes its device off the air, and nothing is left waiting", async () => {
  const probe = open();
  const { connect, until, front, events } = await frontRig(probe);
  const link = await connect(probe.address);
  front.controller(probe.address)?.remove();
  expect(await until(link.ended)).toBe(0x08);
  await until(probe.ended());
  expect(events.some(({ type }) => type === "disconnected")).toBe(true);
});

test("a controller that starts anew by itself is made ready again, and its device is heard again", async () => {
  const probe = open();
  const { connect, until, front } = await frontRig(probe);
  const lost = await connect(probe.address);
  front.controller(probe.address)?.crash();
  expect(await until(lost.ended)).toBe(0x08);
  const link = await connect(probe.address);
  expect(await until(link.att.read(gatt.model.handle))).toHaveLength(300);
});

test("a device that somebody else is connected to is not heard", async () => {
  const probe = open();
  const { air, central, clock, until } = await frontRig(probe);
  const link = await until(air.radio.connect(probe.address, new AbortController().signal));
  await clock.advance(100);
  await until(central.startScan());
  await clock.advance(1_000);
  expect(central.host.heard).toEqual([]);
  await link.close();
  expect((await until(central.report())).address).toBe(probe.address);
});
