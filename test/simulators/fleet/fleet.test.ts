import { expect, test } from "vitest";
import { reading as readingSchema } from "../../../cloud-sync/contract/reading.ts";
import { checkSink, type SinkCheck } from "../../../simulators/fleet/sink-check.ts";
import { createFleetRig, fleetSpeed, type FleetRig } from "./fleet-rig.ts";

const lookInto = ({ sink, fleet }: FleetRig): Promise<SinkCheck> => checkSink(sink, fleet.ledger.fates());

/** Of people's time, as the gateways' clock has it. */
const hourMs = 3_600_000 / fleetSpeed;

test("fifty gateways live for six hours, and every reading is stored once and receipted", async () => {
  const rig = createFleetRig();
  const course = await rig.play({ scenario: "daily", forMs: 6 * hourMs });
  const totals = rig.fleet.totals();
  // From five to eleven in the morning each home makes its three morning measurements, less those that fail.
  expect(totals.shown).toBeGreaterThan(130);
  expect(totals.shown).toBeLessThanOrEqual(150);
  expect(totals).toMatchObject({ receipted: totals.shown, waiting: 0, lost: 0, rejected: 0, resent: 0 });
  expect(await lookInto(rig)).toEqual({ rows: totals.shown, lost: 0, doubled: 0, storedUnreceipted: 0, others: 0 });
  expect(course.allConnectedMs).toBeLessThan(2_000);
  expect(totals.receiptMs.count).toBe(totals.batches);
  expect(rig.broker.violations()).toEqual([]);
});

test("the same seed is the same fleet, and another is another", async () => {
  const idsOf = async (seed: number): Promise<readonly string[]> => {
    const rig = createFleetRig({ seed, gateways: 5 });
    await rig.play({ seed, forMs: 24 * hourMs });
    return [...rig.fleet.ledger.fates().keys()];
  };
  const ids = await idsOf(1);
  expect(ids.length).toBeGreaterThan(30);
  expect(await idsOf(1)).toEqual(ids);
  expect(await idsOf(2)).not.toEqual(ids);
});

test("what waits through an outage arrives after it, and its time is told", async () => {
  const rig = createFleetRig();
  const course = await rig.play({ scenario: "outage", forMs: 6 * hourMs, outageMs: 2 * hourMs });
  const totals = rig.fleet.totals();
  expect(course.outage?.lengthMs).toBe(2 * hourMs);
  expect(course.outage?.backlogReadings).toBeGreaterThan(15);
  // Full jitter under a cap of 30 seconds.
  expect(course.outage?.allBackMs).toBeLessThan(40_000);
  expect(course.outage?.backlogReceivedMs).toBeLessThan(60_000);
  expect(totals).toMatchObject({ receipted: totals.shown, waiting: 0, lost: 0 });
  expect(totals.deliveryMs.max).toBeGreaterThan(1.5 * hourMs);
  expect(rig.fleet.network.counts().failures).toEqual({ "broker-unreachable": expect.any(Number) });
});

test("people measure for as long as was asked for, though the fleet comes back only later", async () => {
  const rig = createFleetRig();
  const course = await rig.play({ scenario: "outage", forMs: 3 * hourMs, outageMs: 4 * hourMs, drainMs: 3 * hourMs });
  expect(course.outage?.backlogReceivedMs).not.toBeNull();
  const rows = await rig.sink.readings({ afterPosition: 0, limit: 10_000 });
  const measured = rows.map(({ reading }) => Date.parse(reading.time.measured ?? ""));
  expect(rows.length).toBeGreaterThan(30);
  expect(Math.max(...measured) - Math.min(...measured)).toBeLessThan(3 * 3_600_000);
});

test("in a storm every gateway comes back with a backlog, and all of it is received", async () => {
  const rig = createFleetRig();
  const course = await rig.play({ scenario: "storm", outageMs: 60_000, backlog: 20 });
  const totals = rig.fleet.totals();
  expect(totals.shown).toBeGreaterThan(950);
  expect(course.outage).toMatchObject({ backlogReadings: totals.shown, allBackMs: expect.any(Number) });
  expect(totals).toMatchObject({ receipted: totals.shown, lost: 0, waiting: 0 });
  expect(await lookInto(rig)).toMatchObject({ rows: totals.shown, lost: 0, doubled: 0 });
});

test("a broker that somebody else ends and brings back is noticed", async () => {
  const rig = createFleetRig();
  const playing = rig.play({ scenario: "outage", outageMs: "operator", forMs: 24 * hourMs });
  const meddling = async (): Promise<void> => {
    await rig.clock.sleep(12 * hourMs);
    rig.broker.stop();
    await rig.clock.sleep(600_000);
    rig.broker.start();
  };
  const meddled = meddling();
  const course = await playing;
  await meddled;
  expect(course.outage?.lengthMs).toBeGreaterThanOrEqual(600_000);
  expect(course.outage?.lengthMs).toBeLessThan(640_000);
  expect(course.outage?.allBackMs).not.toBeNull();
  expect(rig.fleet.totals()).toMatchObject({ lost: 0, waiting: 0 });
});

test("a sink that forgets what it acknowledged, and one that keeps it twice, are found out to the reading", async () => {
  const rig = createFleetRig();
  await rig.play({ forMs: 6 * hourMs });
  const forgotten = new Set([...rig.fleet.ledger.fates().keys()].slice(3, 10));
  const broken = {
    readings: async (query: { readonly afterPosition: number; readonly limit: number }) => {
      const rows = (await rig.sink.readings(query)).filter(({ reading }) => !forgotten.has(reading.id));
      return rows.flatMap((row) => (row.position % 10 === 0 ? [row, row] : [row]));
    },
  };
  const { shown } = rig.fleet.totals();
  const kept = await rig.sink.readings({ afterPosition: 0, limit: 100_000 });
  const doubled = kept.filter(({ position, reading }) => position % 10 === 0 && !forgotten.has(reading.id)).length;
  expect(doubled).toBeGreaterThan(3);
  expect(await checkSink(broken, rig.fleet.ledger.fates())).toEqual({
    rows: shown - 7 + doubled,
    lost: 7,
    doubled,
    storedUnreceipted: 0,
    others: 0,
  });
});

test("receipts that never come leave readings waiting, not lost, and the sink is seen to have them", async () => {
  const rig = createFleetRig({ gateways: 10 });
  rig.faults.receipts = () => 0;
  await rig.play({ forMs: 2 * hourMs, scenario: "daily" });
  const totals = rig.fleet.totals();
  expect(totals.shown).toBeGreaterThan(5);
  expect(totals).toMatchObject({ receipted: 0, waiting: totals.shown, lost: 0 });
  expect(await lookInto(rig)).toMatchObject({ rows: totals.shown, storedUnreceipted: totals.shown, doubled: 0 });
});

test("a receipt that comes twice settles once, and the second is a stray", async () => {
  const rig = createFleetRig({ gateways: 10 });
  rig.faults.receipts = () => 2;
  await rig.play({ forMs: 4 * hourMs, scenario: "daily" });
  const totals = rig.fleet.totals();
  expect(totals).toMatchObject({ receipted: totals.shown, lost: 0, receipts: 2 * totals.batches });
  expect(totals.strayReceipts).toBe(totals.batches);
});

test("nobody measures any more once there are enough readings", async () => {
  const rig = createFleetRig({ readingsMax: 40 });
  await rig.play({ forMs: 6 * hourMs });
  expect(rig.fleet.totals()).toMatchObject({ shown: 40, receipted: 40 });
});

test("a course that is broken off ends at once, and still tells what was", async () => {
  const rig = createFleetRig({ gateways: 10 });
  const stopping = new AbortController();
  const playing = rig.play({ forMs: 24 * hourMs }, stopping.signal);
  const stopped = rig.clock.sleep(2 * hourMs).then(() => stopping.abort());
  const course = await playing;
  await stopped;
  expect(course.durationMs).toBeLessThan(2 * hourMs + 10_000);
  expect(rig.fleet.totals()).toMatchObject({ lost: 0 });
  expect(rig.broker.connected()).toEqual([]);
});

test("what arrives in the sink are readings of the contract", async () => {
  const rig = createFleetRig({ gateways: 20 });
  await rig.play({ forMs: 24 * hourMs });
  const rows = await rig.sink.readings({ afterPosition: 0, limit: 100_000 });
  expect(rows.length).toBeGreaterThan(120);
  for (const { reading } of rows) expect(readingSchema.parse(reading)).toEqual(reading);
  expect(new Set(rows.map(({ reading }) => reading.kind))).toEqual(new Set(["glucose", "blood-pressure"]));
});
