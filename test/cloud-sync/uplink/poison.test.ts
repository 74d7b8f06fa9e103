import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { AttemptHistory } from "../../../cloud-sync/uplink/flight.ts";
import { judgeFailure } from "../../../cloud-sync/uplink/poison.ts";
import type { Circumstances, FailureKind } from "../../../cloud-sync/uplink/poison.ts";
import { readingText } from "../../doubles/memory-ingestor.ts";
import { createUplinkRig } from "../../doubles/uplink-rig.ts";
import type { UplinkRig } from "../../doubles/uplink-rig.ts";

const minuteMs = 60_000;

/** Adds a fresh reading now and then: what a witness is made of. */
async function liveFor(rig: UplinkRig, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    rig.add("fresh", 1);
    await rig.clock.advance(minuteMs);
  }
}

test("one reading that kills the ingestor is found by halving, given up alone, and delays nobody else for long", async () => {
  const rig = createUplinkRig();
  rig.ingestor.behaviour.poison = (reading) => reading === 250;
  rig.add("backfill", 500);
  rig.start();
  await rig.clock.advance(1_000);
  expect(rig.outbox.delivered.size).toBe(400);
  await liveFor(rig, 30);
  expect([...rig.outbox.rejected]).toEqual([[250, "reading-unanswered"]]);
  expect(rig.outbox.delivered.size).toBe(rig.outbox.added() - 1);
  expect(rig.ingestor.stored.has(250)).toBe(false);
  expect(rig.logged).toContain("reading-given-up");
  await rig.stop();
});

test("while a poisoned reading is being found, a fresh reading passes at once", async () => {
  const rig = createUplinkRig();
  rig.ingestor.behaviour.poison = (reading) => reading === 1;
  rig.add("urgent", 1);
  rig.start();
  await rig.clock.advance(40_000);
  rig.add("fresh", 1);
  await rig.clock.advance(50);
  expect([...rig.outbox.delivered]).toEqual([2]);
  await rig.stop();
});

test("in a gateway with nothing else to send, the good readings of the batch get through, and the bad one is kept", async () => {
  const rig = createUplinkRig();
  rig.ingestor.behaviour.poison = (reading) => reading === 7;
  rig.add("fresh", 50);
  rig.start();
  await rig.clock.advance(30 * minuteMs);
  expect(rig.outbox.delivered.size).toBe(49);
  await rig.clock.advance(6 * 60 * minuteMs);
  expect(rig.outbox.rejected.size).toBe(0);
  await liveFor(rig, 60);
  expect([...rig.outbox.rejected]).toEqual([[7, "reading-unanswered"]]);
  await rig.stop();
});

test("a reading that the ingestor rejects goes to the dead letters with the ingestor's code, and the rest is delivered", async () => {
  const rig = createUplinkRig();
  rig.ingestor.behaviour.wrong = (reading) => reading % 10 === 0;
  rig.add("fresh", 100);
  rig.start();
  await rig.clock.advance(1_000);
  expect([...rig.outbox.rejected]).toEqual(Array.from({ length: 10 }, (_, index) => [10 * (index + 1), "wrong"]));
  expect(rig.outbox.delivered.size).toBe(90);
  expect(rig.forwarder.status().counts).toMatchObject({ delivered: 90, rejected: 10 });
  await rig.stop();
});

test("a batch that the broker finds too large is halved until it fits; a reading that never fits is given up", async () => {
  const rig = createUplinkRig();
  rig.broker.faults.publish = ({ payload }) => (payload.byteLength > 1_000 ? { answer: 0x95 } : {});
  rig.outbox.add("fresh", readingText(1, 5_000));
  for (let number = 2; number <= 100; number += 1) rig.outbox.add("fresh", readingText(number, 20));
  rig.start();
  await rig.clock.advance(30 * minuteMs);
  expect([...rig.outbox.rejected]).toEqual([[1, "packet-too-large"]]);
  expect(rig.outbox.delivered.size).toBe(99);
  await rig.stop();
});

test("a reading that is larger than any batch may be is not sent at all", async () => {
  const rig = createUplinkRig();
  rig.outbox.add("fresh", readingText(1, 70_000));
  rig.outbox.add("fresh", readingText(2));
  rig.start();
  await rig.clock.advance(1_000);
  expect([...rig.outbox.rejected]).toEqual([[1, "reading-too-large"]]);
  expect([...rig.outbox.delivered]).toEqual([2]);
  expect(rig.ingestor.batches).toHaveLength(1);
  await rig.stop();
});

test("a reading on which the broker refuses is found among the others", async () => {
  const rig = createUplinkRig();
  rig.broker.faults.publish = ({ payload }) => (Buffer.from(payload).includes('{"n":33}') ? { answer: 0x99 } : {});
  rig.add("fresh", 100);
  rig.start();
  await liveFor(rig, 60);
  expect([...rig.outbox.rejected]).toEqual([[33, "publish-refused"]]);
  expect(rig.outbox.delivered.size).toBe(rig.outbox.added() - 1);
  await rig.stop();
});

test("a reading on which the broker ends the connection is sent alone, found, and given up", async () => {
  const rig = createUplinkRig();
  rig.broker.faults.publish = ({ payload }) =>
    Buffer.from(payload).includes('{"n":33}') ? { answer: "disconnect", deliveries: 0 } : {};
  rig.add("backfill", 1_000);
  rig.start();
  await liveFor(rig, 120);
  expect([...rig.outbox.rejected]).toEqual([[33, "reading-breaks-connection"]]);
  expect(rig.outbox.delivered.size).toBe(rig.outbox.added() - 1);
  await rig.stop();
});

test("a connection that ends on every batch for a day gives no reading up", async () => {
  const rig = createUplinkRig();
  rig.broker.faults.publish = ({ topic }) =>
    topic.endsWith("/readings") ? { answer: "disconnect", deliveries: 0 } : {};
  rig.add("backfill", 300);
  rig.start();
  await rig.clock.advance(24 * 60 * minuteMs);
  expect(rig.outbox.rejected.size).toBe(0);
  rig.broker.faults.publish = () => ({});
  await rig.clock.advance(10 * minuteMs);
  expect(rig.outbox.delivered.size).toBe(300);
  await rig.stop();
});

const history: AttemptHistory = { failures: 0, witnessed: 0, losses: 0, since: 0 };
const circumstances: Circumstances = {
  isWitnessed: true,
  sent: 10,
  deadLetterAfter: 3,
  maySplitUnwitnessed: true,
  random: () => 0.5,
};

test("halving keeps every entry, once", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 500 }), fc.integer({ min: 1, max: 9 }), (count, failures) => {
      const seqs = Float64Array.from({ length: count }, (_, index) => index + 1);
      const verdict = judgeFailure(
        { lane: "fresh", seqs, history: { ...history, failures } },
        "no-receipt",
        circumstances,
      );
      const parts = verdict.type === "resend" ? verdict.parts : [];
      expect(parts.flatMap((part) => [...part.seqs])).toEqual([...seqs]);
      expect(parts.length).toBe(2);
    }),
  );
});

test("a single reading is given up after so many witnessed failures, and after none without a witness", () => {
  const seqs = Float64Array.of(1);
  const kinds: readonly FailureKind[] = ["no-receipt", "publish-refused", "ended-connection"];
  for (const kind of kinds) {
    const worn = { ...history, failures: 99, witnessed: 2 };
    expect(judgeFailure({ lane: "fresh", seqs, history: worn }, kind, circumstances).type).toBe("give-up");
    const unseen = { ...circumstances, isWitnessed: false };
    expect(judgeFailure({ lane: "fresh", seqs, history: worn }, kind, unseen).type).toBe("resend");
  }
});

test("the delay before a resend doubles, and never exceeds five minutes", () => {
  const delays = [0, 1, 2, 5, 12, 90].map((failures) => {
    const failed = { lane: "fresh", seqs: Float64Array.of(1), history: { ...history, failures } } as const;
    const verdict = judgeFailure(failed, "no-receipt", { ...circumstances, isWitnessed: false });
    return verdict.type === "resend" ? verdict.delayMs : Number.NaN;
  });
  expect(delays).toEqual([750, 1_500, 3_000, 24_000, 225_000, 225_000]);
});
