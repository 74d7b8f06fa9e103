import { expect, test } from "vitest";
import { arm, assigned, assignmentOf, blood, placeCuff, placeMeter } from "./site-devices.ts";
import { openSite } from "./virtual-site.ts";

test("a meter and a cuff are measured with, and the sink has each reading once, as the right person's", async () => {
  const site = await openSite();
  const meter = placeMeter(site);
  const cuff = placeCuff(site);
  const gateway = await site.gateway({
    prepare: async (store) => {
      await store.savePerson({ reference: "sim-0001", createdAt: 0 });
      await store.savePerson({ reference: "sim-0002", createdAt: 0 });
      await store.saveAssignment(assignmentOf(meter.id));
      await store.saveAssignment(assignmentOf(cuff.id, { person: "sim-0002" }));
    },
  });
  meter.device.measure(blood(104, { meal: "fasting" }));
  cuff.device.measure(arm(128));
  await site.clock.advance(60_000);
  meter.device.measure(blood(48));
  await site.clock.advance(60_000);

  expect(await site.delivered()).toMatchObject([
    {
      kind: "glucose",
      person: "sim-0001",
      concentration: { value: "104", unit: "mg/dL" },
      context: { meal: "fasting" },
      time: { device: "2026-11-23T08:00:00", measured: "2026-11-23T08:00:00.000+00:00", basis: "device" },
    },
    { kind: "blood-pressure", person: "sim-0002", systolic: { value: "128", unit: "mmHg" } },
    { kind: "glucose", person: "sim-0001", concentration: { value: "48", unit: "mg/dL" } },
  ]);
  const stored = gateway.events.filter((event) => event.type === "reading-stored" && event.outcome === "stored");
  expect(stored).toMatchObject([{ lane: "fresh" }, { lane: "fresh" }, { lane: "urgent" }]);
  expect(await gateway.store.counts()).toMatchObject({ readings: 3, waiting: 0, held: 0, quarantined: 0 });
  expect(site.broker.violations()).toEqual([]);
});

test("no line of the log names a person, a device's number or address, or a value", async () => {
  const site = await openSite();
  const meter = placeMeter(site);
  const gateway = await site.gateway(assigned(meter));
  meter.device.measure(blood(437));
  await site.clock.advance(30_000);
  site.air.setAdapter(false);
  await site.clock.advance(10_000);
  await gateway.stop();
  expect(site.log.length).toBeGreaterThan(5);
  const { address, serial } = meter.device.options.identity;
  for (const secret of ["437", "sim-0001", address, serial, meter.id, "Meter"]) {
    expect(site.log.filter((line) => secret !== null && line.includes(secret))).toEqual([]);
  }
});

test("a reading that is nobody's is kept and not delivered, until a person decides", async () => {
  const site = await openSite();
  const meter = placeMeter(site);
  const gateway = await site.gateway();
  meter.device.measure(blood(104));
  meter.device.measure(blood(112, { person: null, fluid: "control-solution" }));
  await site.clock.advance(30_000);
  expect(await site.delivered()).toMatchObject([{ controlSolution: true, person: null }]);
  const [held] = await gateway.store.readings({ limit: 10, state: "held" });
  expect(held?.reading).toMatchObject({ person: null, concentration: { value: "104" } });

  await gateway.store.savePerson({ reference: "sim-0001", createdAt: 0 });
  await gateway.store.attribute({ readingId: held?.reading.id ?? "", person: "sim-0001" });
  await site.clock.advance(5_000);
  expect(await site.delivered()).toMatchObject([{ controlSolution: true }, { person: "sim-0001" }]);
});

test("with the broker away a reading is on disk at once, and is delivered when the broker comes", async () => {
  const site = await openSite();
  site.broker.stop();
  const meter = placeMeter(site);
  const gateway = await site.gateway(assigned(meter));
  meter.device.measure(blood(104));
  await site.clock.advance(10_000);
  expect(await gateway.store.counts()).toMatchObject({ readings: 1, waiting: 1 });
  site.broker.start();
  await site.clock.advance(120_000);
  expect(await site.delivered()).toHaveLength(1);
  expect(await gateway.store.counts()).toMatchObject({ readings: 1, waiting: 0 });
});

test("two gateways that read the same meter give the sink one row for each reading", async () => {
  const site = await openSite();
  const meter = placeMeter(site);
  const setup = assigned(meter);
  const [one, other] = [
    await site.gateway({ ...setup, name: "gw-0001", bootId: "boot-1" }),
    await site.gateway({ ...setup, name: "gw-0002", bootId: "boot-2" }),
  ];
  for (let count = 0; count < 5; count += 1) {
    meter.device.measure(blood(100 + count));
    await site.clock.advance(60_000);
  }
  expect(await one.store.counts()).toMatchObject({ readings: 5, waiting: 0 });
  expect(await other.store.counts()).toMatchObject({ readings: 5, waiting: 0 });
  expect(await site.delivered()).toHaveLength(5);
});
