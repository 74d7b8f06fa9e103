import { expect, test } from "vitest";
import { createUplinkRig } from "../../doubles/uplink-rig.ts";

test("while the disk takes no settlements, delivery goes on, and all of them are written once it does", async () => {
  const rig = createUplinkRig();
  rig.outbox.faults.settle = new Error("disk full");
  rig.add("backfill", 1_000);
  rig.start();
  await rig.clock.advance(60_000);
  rig.add("fresh", 10);
  await rig.clock.advance(60_000);
  expect(rig.ingestor.stored.size).toBe(1_010);
  expect([...rig.ingestor.stored.values()].every((times) => times === 1)).toBe(true);
  expect(rig.outbox.delivered.size).toBe(0);
  expect(rig.logged.filter((event) => event === "settle-failed")).toHaveLength(1);
  rig.outbox.faults.settle = null;
  await rig.clock.advance(31_000);
  expect(rig.outbox.delivered.size).toBe(1_010);
  expect(rig.logged).toContain("settle-recovered");
  await rig.stop();
});

test("settlements that cannot be written are bounded: then no more is sent, until they can", async () => {
  const rig = createUplinkRig({ forwarder: { batchReadingsMax: 1 } });
  rig.outbox.faults.settle = new Error("disk full");
  rig.start();
  await rig.clock.advance(1_000);
  // Neighbours in different lanes make ranges that do not join.
  for (let pair = 0; pair < 2_000; pair += 1) {
    rig.add("fresh", 1);
    rig.add("backfill", 1);
  }
  await rig.clock.advance(10 * 60_000);
  const sent = rig.ingestor.stored.size;
  expect(sent).toBeGreaterThanOrEqual(1_024);
  expect(sent).toBeLessThan(1_200);
  rig.outbox.faults.settle = null;
  await rig.clock.advance(120_000);
  expect(rig.outbox.delivered.size).toBe(4_000);
  await rig.stop();
});

test("an outbox that cannot be read is asked again, and loses nothing", async () => {
  const rig = createUplinkRig();
  rig.outbox.faults.page = new Error("locked");
  rig.add("fresh", 100);
  rig.start();
  await rig.clock.advance(600_000);
  expect(rig.outbox.counts.pages).toBeLessThan(100);
  rig.outbox.faults.page = null;
  await rig.clock.advance(61_000);
  expect(rig.outbox.delivered.size).toBe(100);
  await rig.stop();
});

test("settlements share transactions: many receipts, few writes", async () => {
  const rig = createUplinkRig({ broker: { latencyMs: 1 } });
  rig.add("backfill", 20_000);
  rig.start();
  await rig.clock.advance(5_000);
  expect(rig.outbox.delivered.size).toBe(20_000);
  expect(rig.ingestor.receipts.length).toBeGreaterThanOrEqual(200);
  expect(rig.outbox.counts.settles).toBeLessThan(20);
  await rig.stop();
});

test("an entry that comes back behind the cursor is found by the next look at the backlog", async () => {
  const rig = createUplinkRig();
  rig.add("fresh", 10);
  rig.start();
  await rig.clock.advance(1_000);
  expect(rig.outbox.delivered.size).toBe(10);
  rig.outbox.forget(4);
  await rig.clock.advance(120_000);
  expect(rig.outbox.delivered.size).toBe(10);
  expect(rig.ingestor.stored.get(4)).toBe(2);
  await rig.stop();
});
