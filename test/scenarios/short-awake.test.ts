import { expect, test } from "vitest";
import type { Advertisement, GattLink, Radio } from "../../device-drivers/ports/gatt.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { CollectOptions } from "../../gateway/collect/collect-options.ts";
import { plainRadio } from "../doubles/plain-radio.ts";
import { type Placed, arm, assigned, blood, placeCuff, placeMeter } from "./site-devices.ts";
import { openSite, type Site, type VirtualGateway } from "./virtual-site.ts";
import type { BloodPressureCuff } from "../../simulators/peripherals/blood-pressure-cuff.ts";
import type { GlucoseMeter } from "../../simulators/peripherals/glucose-meter.ts";

const twoSeconds = { afterUseMs: 2_000, periodic: null };

interface Room {
  readonly site: Site;
  readonly meter: Placed<GlucoseMeter>;
  readonly cuffs: readonly Placed<BloodPressureCuff>[];
  readonly gateway: VirtualGateway;
}

/** A meter whose transfer takes about two minutes is under way; the cuffs are awake for two seconds when they are used. */
async function busyRoom(cuffs: number, collect: Partial<CollectOptions> = {}): Promise<Room> {
  const site = await openSite({ faults: { valueLatencyMs: { minMs: 250, maxMs: 250 } } });
  const meter = placeMeter(site, { memoryRecordsMax: 500, wakefulness: { afterUseMs: 10_000, periodic: null } });
  const placed = Array.from({ length: cuffs }, (_, index) =>
    placeCuff(site, { wakefulness: twoSeconds }, `C0:00:00:00:01:0${index}`),
  );
  for (let count = 480; count > 0; count -= 1) meter.device.measure(blood(70 + (count % 80)), count * 3_600_000);
  const gateway = await site.gateway({ collect, ...assigned(meter, ...placed) });
  meter.device.wake();
  await site.clock.advance(30_000);
  expect(gateway.events.filter(({ type }) => type === "session-ended")).toEqual([]);
  return { site, meter, cuffs: placed, gateway };
}

const cuffReadings = async (site: Site): Promise<number> =>
  (await site.delivered()).filter(({ kind }) => kind === "blood-pressure").length;

test("a cuff that is awake for two seconds while a meter transfers for minutes is held, and read in its turn", async () => {
  const { site, cuffs, gateway } = await busyRoom(1);
  cuffs[0]?.device.measure(arm(128));
  await site.clock.advance(60_000);
  expect(await cuffReadings(site)).toBe(0);
  await site.clock.advance(60_000);
  expect(await cuffReadings(site)).toBe(1);
  expect(gateway.events.filter(({ type }) => type === "session-ended")).toMatchObject([
    { driver: "glucose", failure: null, tally: { stored: 480 } },
    { driver: "blood-pressure", failure: null, tally: { stored: 1 } },
  ]);
});

test("without early connections the same cuff is asleep when its turn comes", async () => {
  const { site, cuffs } = await busyRoom(1, { earlyLinksMax: 0 });
  cuffs[0]?.device.measure(arm(128));
  await site.clock.advance(600_000);
  expect(await cuffReadings(site)).toBe(0);
  cuffs[0]?.device.wake();
  await site.clock.advance(30_000);
  expect(await cuffReadings(site)).toBe(1);
});

test("of three such cuffs no more than two are held, and of these those that were read before come first", async () => {
  const { site, cuffs } = await busyRoom(3);
  await site.clock.advance(120_000);
  for (const { device } of cuffs.slice(1)) {
    device.measure(arm(120));
    await site.clock.advance(20_000);
  }
  expect(await cuffReadings(site)).toBe(2);
  const slow = placeMeter(site, { memoryRecordsMax: 500 }, "C0:00:00:00:00:07");
  for (let count = 240; count > 0; count -= 1) slow.device.measure(blood(70 + (count % 80)), count * 3_600_000);
  slow.device.wake();
  await site.clock.advance(10_000);
  for (const { device } of cuffs) device.measure(arm(130));
  await site.clock.advance(110_000);
  const readings = await site.delivered();
  const second = readings.filter((reading) => reading.kind === "blood-pressure" && reading.systolic.value === "130");
  expect(second.map(({ device }) => device.id).toSorted()).toEqual(
    cuffs
      .slice(1)
      .map(({ id }) => id)
      .toSorted(),
  );
});

test("a held device that hangs up costs its own session only, and is read when it is next awake", async () => {
  const { site, cuffs, gateway } = await busyRoom(2);
  const [leaves, stays] = cuffs;
  leaves?.device.measure(arm(128));
  stays?.device.measure(arm(131));
  await site.clock.advance(10_000);
  site.air.command({ type: "disconnect", address: leaves?.device.address ?? "" });
  await site.clock.advance(110_000);
  expect(await cuffReadings(site)).toBe(1);
  expect(gateway.events.filter((event) => event.type === "session-ended" && event.failure !== null)).toHaveLength(1);
  leaves?.device.wake();
  await site.clock.advance(30_000);
  expect(await cuffReadings(site)).toBe(2);
});

test("a held device is let go when it has waited for too long", async () => {
  const { site, cuffs } = await busyRoom(1, { earlyLinkMs: 5_000 });
  const cuff = cuffs[0];
  cuff?.device.measure(arm(128));
  await site.clock.advance(4_000);
  const connect = (): Promise<unknown> =>
    site.air.radio.connect(cuff?.device.address ?? "", new AbortController().signal).catch((error: unknown) => error);
  cuff?.device.wake();
  expect(await connect()).toMatchObject({ code: "connect-refused" });
  await site.clock.advance(6_000);
  cuff?.device.wake();
  await expect(connect()).resolves.toMatchObject({ address: cuff?.device.address });
});

/** Whoever is called while it is gone does not answer, as with a real radio: nothing says that it is gone. */
function unanswering(site: Site, gone: ReadonlySet<string>, calls: string[]): Radio {
  return {
    advertisements: (signal) => site.air.radio.advertisements(signal),
    connect: async (address, signal) => {
      calls.push(address);
      if (gone.has(address)) await site.clock.sleep(3_600_000, signal);
      return await site.air.radio.connect(address, signal);
    },
  };
}

test("a device that does not answer gives way to one that comes meanwhile, and is read when it is heard again", async () => {
  const site = await openSite();
  const calls: string[] = [];
  const gone = new Set<string>();
  const [leaves, comes] = [1, 2].map((index) =>
    placeCuff(site, { wakefulness: twoSeconds }, `C0:00:00:00:01:0${index}`),
  );
  if (leaves === undefined || comes === undefined) throw new RangeError("two cuffs were placed");
  const radios = [plainRadio(unanswering(site, gone, calls))];
  const collect = { revisitMs: 3_000 };
  const gateway = await site.gateway({ collect, radios, ...assigned(leaves, comes) });
  leaves.device.measure(arm(120));
  await site.clock.advance(2_000);
  expect(await cuffReadings(site)).toBe(1);
  gone.add(leaves.device.address);
  // It is called again, in vain, because it still counts as near.
  await site.clock.advance(4_000);
  expect(calls).toEqual([leaves.device.address, leaves.device.address]);
  comes.device.measure(arm(130));
  await site.clock.advance(6_000);
  expect(await cuffReadings(site)).toBe(2);
  gone.clear();
  leaves.device.measure(arm(140));
  await site.clock.advance(5_000);
  expect(await cuffReadings(site)).toBe(3);
  expect(gateway.events.filter((event) => event.type === "session-ended" && event.failure !== null)).toEqual([]);
});

/** Another air beside the site's: strangers who advertise as a meter does, and are gone when they are called. */
function flooded(site: Site, perSecond: number): Radio & { readonly calls: () => number } {
  let calls = 0;
  return {
    advertisements: (signal) => merged(site, perSecond, signal),
    connect: async (address, signal): Promise<GattLink> => {
      if (!address.startsWith("5A")) return await site.air.radio.connect(address, signal);
      calls += 1;
      await site.clock.sleep(5_000, signal);
      throw gattErrors.make("connect-timeout", "nobody is there");
    },
    calls: () => calls,
  };
}

async function* merged(site: Site, perSecond: number, signal: AbortSignal): AsyncGenerator<Advertisement, void> {
  const own: Advertisement[] = [];
  const listening = site.air.listen((advertisement) => own.push(advertisement), signal);
  for (let count = 0; !signal.aborted; count += perSecond / 10) {
    yield* own.splice(0);
    for (let index = 0; index < perSecond / 10; index += 1) yield stranger(count + index);
    await site.clock.sleep(100, signal).catch(() => undefined);
  }
  await listening;
}

const stranger = (index: number): Advertisement => ({
  address: `5A:${(index % 0xff_ff_ff)
    .toString(16)
    .padStart(10, "0")
    .replaceAll(/(..)(?=.)/g, "$1:")}`.toUpperCase(),
  addressKind: "random-private",
  name: "Meter",
  services: ["1808"],
  rssiDbm: -70,
});

test("a flood of a thousand strangers a second keeps no known device waiting, and is not told of one by one", async () => {
  const site = await openSite();
  const meter = placeMeter(site, { wakefulness: { afterUseMs: 30_000, periodic: null } });
  const first = await site.gateway(assigned(meter));
  meter.device.measure(blood(90));
  await site.clock.advance(60_000);
  await first.stop();
  const radio = flooded(site, 1_000);
  const gateway = await site.gateway({ path: first.path, radios: [plainRadio(radio)] });
  await site.clock.advance(20_000);
  meter.device.measure(blood(104));
  await site.clock.advance(30_000);
  expect(await site.delivered()).toHaveLength(2);
  // Three at a time, five seconds each.
  expect(radio.calls()).toBeLessThanOrEqual(35);
  const seen = gateway.events.filter(({ type }) => type === "device-seen").length;
  expect(seen).toBeLessThanOrEqual(51 * 20 + 5);
});

test("a device that is always there is read, though four others are due again as soon as they were read", async () => {
  const site = await openSite();
  const always = { wakefulness: { afterUseMs: 3_600_000, periodic: null } };
  const greedy = [1, 2, 3, 4].map((index) => placeCuff(site, always, `C0:00:00:00:01:0${index}`));
  const collect = { revisitMs: 1_000, revisitMsMax: 1_000 };
  const meter = placeMeter(site, always);
  await site.gateway({ collect, ...assigned(meter, ...greedy) });
  for (const { device } of greedy) device.measure(arm(120));
  await site.clock.advance(60_000);
  expect(await cuffReadings(site)).toBe(4);
  meter.device.measure(blood(90));
  await site.clock.advance(60_000);
  expect((await site.delivered()).filter(({ kind }) => kind === "glucose")).toHaveLength(1);
});
