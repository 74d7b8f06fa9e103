import { expect, test } from "vitest";
import { LaneSchedule } from "../../../cloud-sync/uplink/lane-schedule.ts";
import type { Lane } from "../../../cloud-sync/uplink/outbox.ts";
import { createUplinkRig } from "../../doubles/uplink-rig.ts";

const waiting = (...lanes: readonly Lane[]): ((lane: Lane) => boolean) => {
  const set = new Set(lanes);
  return (lane) => set.has(lane);
};

test("urgent goes before fresh before backfill, and nobody where nobody waits", () => {
  const schedule = new LaneSchedule(10);
  expect(schedule.next(waiting("backfill", "fresh", "urgent"))).toBe("urgent");
  expect(schedule.next(waiting("backfill", "fresh"))).toBe("fresh");
  expect(schedule.next(waiting("backfill"))).toBe("backfill");
  expect(schedule.next(waiting())).toBeNull();
});

test("backfill gets its share of the readings while others wait, whatever the size of batches", () => {
  for (const share of [1, 10, 50, 90]) {
    for (const batch of [1, 100]) {
      const schedule = new LaneSchedule(share);
      const sent: Record<Lane, number> = { urgent: 0, fresh: 0, backfill: 0 };
      for (let turn = 0; turn < 20_000; turn += 1) {
        const lane = schedule.next(waiting("fresh", "backfill")) ?? "urgent";
        sent[lane] += batch;
        schedule.sent(lane, batch, true);
      }
      const percent = (100 * sent.backfill) / (sent.backfill + sent.fresh);
      expect(Math.abs(percent - share)).toBeLessThan(0.5);
    }
  }
});

test("nothing is owed for what was sent while nobody else waited", () => {
  const schedule = new LaneSchedule(50);
  schedule.sent("backfill", 1_000_000, false);
  schedule.sent("fresh", 1, true);
  expect(schedule.next(waiting("fresh", "backfill"))).toBe("backfill");
});

test("while history drains, an urgent reading is in the next batch that leaves, and a fresh one soon after", async () => {
  const rig = createUplinkRig({ broker: { latencyMs: 20 }, forwarder: { windowBatches: 8 } });
  rig.add("backfill", 50_000);
  rig.start();
  await rig.clock.advance(200);
  const before = rig.ingestor.batches.length;
  rig.add("urgent", 1);
  const urgent = rig.outbox.added();
  rig.add("fresh", 1);
  const fresh = rig.outbox.added();
  await rig.clock.advance(100);
  const after = rig.ingestor.batches.slice(before);
  expect(after.findIndex(({ readings }) => readings.includes(urgent))).toBeLessThan(8);
  expect(after.findIndex(({ readings }) => readings.includes(fresh))).toBeLessThan(16);
  await rig.stop();
});

test("a flood of fresh readings does not starve history", async () => {
  const rig = createUplinkRig({ broker: { latencyMs: 20 }, forwarder: { backfillSharePercent: 20 } });
  rig.add("backfill", 20_000);
  rig.add("fresh", 80_000);
  rig.start();
  await rig.clock.advance(500);
  const readings = rig.ingestor.batches.flatMap((batch) => batch.readings);
  const history = readings.filter((reading) => reading <= 20_000).length;
  expect(readings.length).toBeGreaterThan(5_000);
  expect((100 * history) / readings.length).toBeGreaterThan(17);
  expect((100 * history) / readings.length).toBeLessThan(23);
  await rig.stop();
});
