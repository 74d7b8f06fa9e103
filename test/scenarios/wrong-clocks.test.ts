import { expect, test } from "vitest";
import { arm, assigned, blood, placeCuff, placeMeter } from "./site-devices.ts";
import { openSite, siteStart, type Site } from "./virtual-site.ts";

const tenYearsMs = 3_652 * 86_400_000;
const awake = { afterUseMs: 600_000, periodic: null };

/** A time service of the machine: it has set the clock as often as it was told. */
function timeService(): { readonly synchronisation: () => string | null; readonly set: () => void } {
  let marks = 0;
  return {
    synchronisation: () => (marks === 0 ? null : `mark-${marks}`),
    set: () => {
      marks += 1;
    },
  };
}

const measuredTimes = async (site: Site): Promise<readonly (string | null)[]> =>
  (await site.delivered()).map(({ time }) => time.measured);

test.each([
  ["forward", tenYearsMs],
  ["back", -tenYearsMs],
])("a clock that jumps ten years %s and returns loses no reading and dates each one rightly", async (_, byMs) => {
  const site = await openSite();
  const service = timeService();
  service.set();
  const meter = placeMeter(site, { wakefulness: awake });
  const gateway = await site.gateway({ ...assigned(meter), ...service, assumeSynchronised: false });
  meter.device.measure(blood(101));
  await site.clock.advance(60_000);
  site.clock.jump(byMs);
  meter.device.measure(blood(102));
  await site.clock.advance(60_000);
  expect(await gateway.store.counts()).toMatchObject({ readings: 2, undated: 1 });
  expect(gateway.events).toContainEqual({ type: "clock", state: "untrusted", reason: "jumped" });
  site.clock.jump(-byMs);
  service.set();
  await site.clock.advance(60_000);
  meter.device.measure(blood(103));
  await site.clock.advance(60_000);
  expect(await measuredTimes(site)).toEqual([
    "2026-11-23T08:00:00.000+00:00",
    "2026-11-23T08:01:00.000+00:00",
    "2026-11-23T08:03:00.000+00:00",
  ]);
  expect(await gateway.store.counts()).toMatchObject({ readings: 3, undated: 0, waiting: 0, held: 0 });
});

test("a hub that boots in 1970 keeps its readings, and dates them when it learns the time", async () => {
  const site = await openSite({ startAt: 0 });
  const service = timeService();
  const clock = { ...placeMeter(site, {}, "C0:00:00:00:00:09").device.options.clock, aheadS: siteStart / 1_000 + 300 };
  const meter = placeMeter(site, { wakefulness: awake, clock });
  const cuff = placeCuff(site, {
    wakefulness: awake,
    format: { ...placeCuff(site, {}, "C0:00:00:00:00:08").device.options.format, sendsTimestamp: false },
    clock: { ...clock, readBy: "none" },
  });
  const gateway = await site.gateway({ ...assigned(meter), ...service });
  meter.device.measure(blood(101));
  cuff.device.measure(arm(128));
  await site.clock.advance(300_000);
  expect(await gateway.store.counts()).toMatchObject({ readings: 2, undated: 2, waiting: 0 });
  const [undated] = await gateway.store.readings({ limit: 1, deviceId: meter.id });
  expect(undated?.reading.time).toMatchObject({ received: null, measured: null, basis: "unknown" });
  site.clock.jump(siteStart);
  service.set();
  await site.clock.advance(60_000);
  // The meter is five minutes ahead, as was learnt while nobody knew the time.
  expect(await site.delivered()).toMatchObject([
    {
      id: undated?.reading.id,
      person: "sim-0001",
      time: {
        device: "2026-11-23T08:05:00",
        measured: expect.stringMatching(/^2026-11-23T08:00:00/),
        basis: "device-corrected",
      },
    },
  ]);
  const [held] = await gateway.store.readings({ limit: 1, deviceId: cuff.id });
  expect(held).toMatchObject({ state: "held", reading: { time: { basis: "received" } } });
  expect(held?.reading.time.measured).toMatch(/^2026-11-23T08:00:/);
});

test("readings of a boot that ended before it knew the time are let go with what the device said", async () => {
  const site = await openSite({ startAt: 0 });
  const meter = placeMeter(site, {
    wakefulness: awake,
    clock: { ...placeMeter(site, {}, "C0:00:00:00:00:09").device.options.clock, aheadS: siteStart / 1_000 },
  });
  const first = await site.gateway({ ...assigned(meter), bootId: "boot-1" });
  meter.device.measure(blood(101));
  await site.clock.advance(60_000);
  await first.stop();
  const second = await site.gateway({ path: first.path, bootId: "boot-2" });
  await site.clock.advance(60_000);
  expect(await site.delivered()).toMatchObject([
    {
      person: "sim-0001",
      time: { received: null, measured: "2026-11-23T08:00:00.000+00:00", uncertaintyMs: null, basis: "device" },
    },
  ]);
  expect(await second.store.counts()).toMatchObject({ undated: 0, readings: 1 });
});

test("a program that starts again in the same boot dates what the one before left undated", async () => {
  const site = await openSite({ startAt: 0 });
  const service = timeService();
  const meter = placeMeter(site, {
    wakefulness: awake,
    clock: { ...placeMeter(site, {}, "C0:00:00:00:00:09").device.options.clock, aheadS: siteStart / 1_000 + 3_600 },
  });
  const first = await site.gateway({ ...assigned(meter), ...service });
  meter.device.measure(blood(101));
  await site.clock.advance(60_000);
  await first.stop();
  site.clock.jump(siteStart);
  service.set();
  await site.gateway({ path: first.path, ...service });
  await site.clock.advance(60_000);
  expect(await measuredTimes(site)).toEqual([expect.stringMatching(/^2026-11-23T08:00:0/)]);
});

test("a meter whose clock somebody sets between two readings makes neither of them somebody's at a wrong time", async () => {
  const site = await openSite();
  const meter = placeMeter(site, { wakefulness: awake });
  const gateway = await site.gateway(assigned(meter));
  meter.device.measure(blood(101));
  await site.clock.advance(3_600_000);
  // Not shown yet, and then the clock is set two hours back.
  site.air.command({ type: "vanish", address: meter.device.address });
  meter.device.measure(blood(102));
  await site.clock.advance(10_800_000);
  meter.device.deviceClock.set({ year: 2026, month: 11, day: 23, hours: 10, minutes: 0, seconds: 0 });
  site.air.command({ type: "return", address: meter.device.address });
  meter.device.wake();
  await site.clock.advance(60_000);
  const [second] = await gateway.store.readings({ limit: 1 });
  expect(second).toMatchObject({
    state: "held",
    reading: {
      concentration: { value: "102" },
      person: null,
      time: { device: "2026-11-23T09:00:00", measured: null, basis: "unknown" },
    },
  });
  meter.device.measure(blood(103));
  await site.clock.advance(60_000);
  expect(await measuredTimes(site)).toEqual([
    "2026-11-23T08:00:00.000+00:00",
    expect.stringMatching(/^2026-11-23T12:01:0/),
  ]);
});

test("a reading in the hour that comes twice says that an hour is open", async () => {
  const site = await openSite({ startAt: Date.UTC(2026, 9, 25, 0, 30) });
  const meter = placeMeter(site, {
    wakefulness: awake,
    clock: { ...placeMeter(site, {}, "C0:00:00:00:00:09").device.options.clock, utcOffsetMin: 120 },
  });
  await site.gateway({ ...assigned(meter), timeZone: "Europe/Berlin", synchronisation: () => "mark" });
  meter.device.measure(blood(101));
  await site.clock.advance(60_000);
  expect(await site.delivered()).toMatchObject([
    { time: { device: "2026-10-25T02:30:00", measured: "2026-10-25T02:30:00.000+02:00", uncertaintyMs: 3_600_000 } },
  ]);
});

test.each([
  ["ahead", tenYearsMs],
  ["behind", -tenYearsMs],
])(
  "an ingestor whose clock is ten years %s loses and moves no reading, and shakes no gateway's clock",
  async (_, byMs) => {
    const site = await openSite({ ingestorAheadByMs: byMs });
    const meter = placeMeter(site, { wakefulness: awake });
    const gateway = await site.gateway(assigned(meter));
    meter.device.measure(blood(101));
    await site.clock.advance(120_000);
    expect(await measuredTimes(site)).toEqual(["2026-11-23T08:00:00.000+00:00"]);
    expect(await gateway.store.counts()).toMatchObject({ readings: 1, waiting: 0, held: 0, undated: 0 });
    expect(gateway.events.filter(({ type }) => type === "clock")).toEqual([]);
  },
);
