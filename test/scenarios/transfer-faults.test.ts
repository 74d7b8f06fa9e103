import { expect, test } from "vitest";
import { sqliteErrors } from "../../cloud-sync/sqlite/sqlite-error.ts";
import { crowdedAir } from "../../simulators/air/air-faults.ts";
import { plainCuff } from "../../simulators/peripherals/blood-pressure-cuff.ts";
import { arm, assigned, blood, placeCuff, placeMeter } from "./site-devices.ts";
import { openSite } from "./virtual-site.ts";

const awake = { afterUseMs: 600_000, periodic: null };

test("a link that is lost in the middle of a transfer costs nothing: the rest comes next time", async () => {
  const site = await openSite();
  const meter = placeMeter(site, { wakefulness: awake });
  for (let count = 40; count > 0; count -= 1) meter.device.measure(blood(80 + count), count * 3_600_000);
  const gateway = await site.gateway(assigned(meter));
  site.air.command({ type: "cut-transfer", address: meter.device.address, afterValues: 25, before: "value" });
  meter.device.wake();
  await site.clock.advance(2_000);
  const broken = gateway.events.find((event) => event.type === "session-ended");
  expect(broken).toMatchObject({ failure: "link-lost", tally: { stored: 24 } });
  await site.clock.advance(60_000);
  expect(await site.delivered()).toHaveLength(40);
  expect(await gateway.store.progress(meter.id)).toMatchObject({ lastSequenceNumber: 40 });
});

test("a first transfer that loses its first record, and then its link, begins again", async () => {
  const site = await openSite();
  const meter = placeMeter(site, { wakefulness: awake });
  for (let count = 10; count > 0; count -= 1) meter.device.measure(blood(80 + count), count * 3_600_000);
  const gateway = await site.gateway(assigned(meter));
  const { address } = meter.device;
  site.air.command({ type: "drop-notifications", address, count: 1 });
  site.air.command({ type: "cut-transfer", address, afterValues: 6, before: "value" });
  meter.device.wake();
  await site.clock.advance(60_000);
  expect(gateway.events.find((event) => event.type === "session-ended")).toMatchObject({ failure: "link-lost" });
  expect(await site.delivered()).toHaveLength(10);
});

test("a transfer whose link never lasts for all gets on all the same", async () => {
  const site = await openSite();
  const meter = placeMeter(site, { wakefulness: { afterUseMs: 86_400_000, periodic: null } });
  for (let count = 30; count > 0; count -= 1) meter.device.measure(blood(80 + count), count * 3_600_000);
  const gateway = await site.gateway(assigned(meter));
  const { address } = meter.device;
  meter.device.wake();
  for (let minute = 0; minute < 60; minute += 1) {
    site.air.command({ type: "cut-transfer", address, afterValues: 8, before: "value" });
    await site.clock.advance(60_000);
  }
  expect(await gateway.store.counts()).toMatchObject({ readings: 30 });
});

test("a cuff that forgets what was confirmed, and whose link is lost before the confirmation, shows it again", async () => {
  const site = await openSite();
  const cuff = placeCuff(site, { afterConfirmation: "forgets", wakefulness: awake });
  for (let count = 5; count > 0; count -= 1) cuff.device.measure(arm(120 + count), count * 3_600_000);
  const gateway = await site.gateway(assigned(cuff));
  site.air.command({ type: "cut-transfer", address: cuff.device.address, afterValues: 2, before: "confirmation" });
  cuff.device.wake();
  await site.clock.advance(120_000);
  const sessions = gateway.events.filter((event) => event.type === "session-ended");
  expect(sessions[0]).toMatchObject({ tally: { stored: 3, known: 0 } });
  expect(sessions[1]).toMatchObject({ tally: { stored: 2, known: 1 } });
  expect(await site.delivered()).toHaveLength(5);
  expect(cuff.journal.filter(({ event }) => event === "shown")).toHaveLength(5);
});

test("a cuff without a clock that shows its last reading again has one reading, and a true repeat is another", async () => {
  const site = await openSite();
  const cuff = placeCuff(site, {
    afterConfirmation: "forgets",
    wakefulness: awake,
    format: { ...plainCuff.format, sendsTimestamp: false },
    clock: { ...plainCuff.clock, readBy: "none" },
  });
  const gateway = await site.gateway(assigned(cuff));
  cuff.device.measure(arm(128));
  site.air.command({ type: "cut-transfer", address: cuff.device.address, afterValues: 0, before: "confirmation" });
  await site.clock.advance(60_000);
  expect(gateway.events.filter((event) => event.type === "session-ended").slice(0, 2)).toMatchObject([
    { tally: { stored: 1, known: 0 } },
    { tally: { stored: 0, known: 1 } },
  ]);
  cuff.device.measure(arm(128));
  await site.clock.advance(120_000);
  expect(await gateway.store.counts()).toMatchObject({ readings: 2 });
});

test("what a store that is full did not take, a cuff that forgets still has", async () => {
  const site = await openSite();
  const cuff = placeCuff(site, { afterConfirmation: "forgets", wakefulness: awake });
  const gateway = await site.gateway(assigned(cuff));
  const add = gateway.store.add.bind(gateway.store);
  let isFull = true;
  gateway.store.add = async (entry) => {
    if (isFull) throw sqliteErrors.make("quota-exceeded", "the store takes no more readings");
    return await add(entry);
  };
  const counts = gateway.store.counts.bind(gateway.store);
  gateway.store.counts = async () => ({ ...(await counts()), alarm: isFull ? "quota" : null });
  cuff.device.measure(arm(128));
  cuff.device.measure(arm(129));
  await site.clock.advance(120_000);
  expect(cuff.journal.filter(({ event }) => event === "shown")).toEqual([]);
  const sessions = gateway.events.filter((event) => event.type === "session-ended");
  expect(sessions).toMatchObject([{ failure: "quota-exceeded" }]);
  expect(gateway.events).toContainEqual({ type: "alarm", alarm: "quota" });
  isFull = false;
  await site.clock.advance(60_000);
  expect(gateway.events).toContainEqual({ type: "alarm", alarm: null });
  expect(await site.delivered()).toHaveLength(2);
});

test("one reading that the store cannot keep is set aside, and those after it are kept", async () => {
  const site = await openSite();
  const meter = placeMeter(site, { wakefulness: awake });
  for (let count = 6; count > 0; count -= 1) meter.device.measure(blood(80 + count), count * 3_600_000);
  const gateway = await site.gateway(assigned(meter));
  const add = gateway.store.add.bind(gateway.store);
  gateway.store.add = async (entry) => {
    if (entry.reading.sequenceNumber !== 3) return await add(entry);
    throw sqliteErrors.make("store-request-failed", "this one request could not be carried out");
  };
  meter.device.wake();
  await site.clock.advance(60_000);
  expect(await site.delivered()).toHaveLength(5);
  expect(await gateway.store.counts()).toMatchObject({ readings: 5, quarantined: 1 });
  expect(await gateway.store.progress(meter.id)).toMatchObject({ lastSequenceNumber: 6 });
});

test("a disk that fails ends the gateway, with that as the reason", async () => {
  const site = await openSite();
  const meter = placeMeter(site, { wakefulness: awake });
  const gateway = await site.gateway({ ...assigned(meter), fails: true });
  gateway.store.add = () => Promise.reject(sqliteErrors.make("storage-failed", "the disk failed to flush"));
  meter.device.measure(blood(104));
  expect(await site.clock.runUntil(gateway.ended)).toMatchObject({ code: "storage-failed" });
  expect(gateway.events.at(-1)).toEqual({ type: "stopped" });
});

test("a broker that delivers twice, and an air that repeats values, give one row for each reading", async () => {
  const site = await openSite({ faults: { notificationReplay: 0.5 } });
  site.broker.faults.publish = () => ({ deliveries: 2 });
  const meter = placeMeter(site, { wakefulness: awake, sendsTwice: true });
  for (let count = 30; count > 0; count -= 1) meter.device.measure(blood(80 + count), count * 3_600_000);
  const gateway = await site.gateway(assigned(meter));
  meter.device.wake();
  await site.clock.advance(60_000);
  expect(await site.delivered()).toHaveLength(30);
  expect(await gateway.store.counts()).toMatchObject({ readings: 30, waiting: 0 });
});

test.each([
  ["and its memory is empty", false],
  ["and its memory is kept", true],
])("a meter whose record counter starts again %s loses no reading and doubles none", async (_, keepsMemory) => {
  const site = await openSite();
  const meter = placeMeter(site, { wakefulness: awake });
  const gateway = await site.gateway(assigned(meter));
  for (let count = 0; count < 8; count += 1) meter.device.measure(blood(100), count + 1);
  meter.device.wake();
  await site.clock.advance(60_000);
  expect(await gateway.store.progress(meter.id)).toMatchObject({ lastSequenceNumber: 8 });
  meter.device.resetCounter({ keepsMemory });
  for (let count = 0; count < 3; count += 1) {
    meter.device.measure(blood(100));
    await site.clock.advance(60_000);
  }
  expect(await site.delivered()).toHaveLength(11);
});

test("a meter that counts backwards gives each reading once, however often it is read", async () => {
  const site = await openSite();
  const meter = placeMeter(site, {
    wakefulness: awake,
    numbering: "newest-is-zero",
    identity: {
      ...placeMeter(site, {}, "C0:00:00:00:00:05").device.options.identity,
      manufacturer: "TaiDoc",
      model: "DM30b",
    },
  });
  const gateway = await site.gateway(assigned(meter));
  for (let count = 0; count < 5; count += 1) {
    meter.device.measure(blood(100 + count));
    await site.clock.advance(30_000);
  }
  expect(await gateway.store.counts()).toMatchObject({ readings: 5 });
  expect(await site.delivered()).toHaveLength(5);
});

test("a context that comes late completes its reading; one that never comes does not hold the meter up for ever", async () => {
  const site = await openSite();
  const silent = placeMeter(site, { wakefulness: awake, contexts: { order: "missing", burst: 1, delayMs: 0 } });
  const gateway = await site.gateway(assigned(silent));
  silent.device.measure(blood(104, { meal: "fasting" }));
  silent.device.measure(blood(105));
  await site.clock.advance(5_000);
  expect(await gateway.store.progress(silent.id)).toBeNull();
  await site.clock.advance(600_000);
  silent.device.wake();
  await site.clock.advance(600_000);
  expect(await gateway.store.progress(silent.id)).toMatchObject({ lastSequenceNumber: 2 });
  expect(await site.delivered()).toHaveLength(2);
});

test("a crowded room, where everything fails now and then, loses nothing and doubles nothing", async () => {
  const site = await openSite({ seed: 7, faults: crowdedAir });
  const meters = [1, 2, 3].map((number) => placeMeter(site, { wakefulness: awake }, `C0:00:00:00:01:0${number}`));
  const cuffs = [1, 2].map((number) =>
    placeCuff(site, { afterConfirmation: "forgets", wakefulness: awake }, `C0:00:00:00:02:0${number}`),
  );
  await site.gateway(assigned(...meters, ...cuffs));
  for (let round = 0; round < 6; round += 1) {
    for (const [index, { device }] of meters.entries()) device.measure(blood(90 + 7 * index + round));
    for (const [index, { device }] of cuffs.entries()) device.measure(arm(110 + 7 * index + round));
    await site.clock.advance(150_000);
  }
  for (let quiet = 0; quiet < 6; quiet += 1) {
    for (const { device } of [...meters, ...cuffs]) device.wake();
    await site.clock.advance(300_000);
  }
  const readings = await site.delivered();
  expect(readings).toHaveLength(30);
  expect(new Set(readings.map(({ id }) => id)).size).toBe(30);
});
