import * as fc from "fast-check";
import { expect, test } from "vitest";
import { lanes } from "../../../cloud-sync/uplink/outbox.ts";
import { createUplinkRig } from "../../doubles/uplink-rig.ts";
import type { UplinkRig } from "../../doubles/uplink-rig.ts";

/** One thing that happens, to the gateway, the broker or the ingestor. */
type Happening = (rig: UplinkRig) => void;

const windowBatches = 8;
const batchReadingsMax = 10;

const publishFaults: readonly UplinkRig["broker"]["faults"]["publish"][] = [
  () => ({}),
  () => ({}),
  () => ({ deliveries: 2 }),
  () => ({ deliveries: 0 }),
  () => ({ answer: "none" }),
  () => ({ answer: "disconnect" }),
  () => ({ answer: "disconnect", deliveries: 0 }),
  () => ({ answer: 0x97 }),
  () => ({ answer: 0x87 }),
  () => ({ delayMs: 700 }),
];

const answers: readonly UplinkRig["ingestor"]["behaviour"]["answer"][] = [
  (receipt) => [{ receipt, delayMs: 0 }],
  (receipt) => [{ receipt, delayMs: 30_000 }],
  (receipt) => [
    { receipt, delayMs: 10 },
    { receipt, delayMs: 400 },
  ],
  (receipt) => [{ receipt: { ...receipt, stored: receipt.stored.slice(2) }, delayMs: 5 }],
  (receipt) => [{ receipt: { ...receipt, batch: "boot-1-none" }, delayMs: 5 }],
  () => [],
];

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom(...lanes), fc.integer({ min: 1, max: 60 })).map(adds) },
  { weight: 3, arbitrary: fc.constantFrom(...publishFaults).map(publishes) },
  { weight: 3, arbitrary: fc.constantFrom(...answers).map(answering) },
  { weight: 1, arbitrary: fc.boolean().map(ingesting) },
  { weight: 1, arbitrary: fc.boolean().map(settling) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: windowBatches }).map(windowOf) },
  { weight: 3, arbitrary: fc.constantFrom<Happening>(cut, disappear, reappear, stopBroker, startBroker, sync) },
);

const schedule = fc.array(fc.tuple(happening, fc.constantFrom(0, 3, 50, 900, 16_000, 45_000)), {
  minLength: 5,
  maxLength: 60,
});

test("whatever happens, nothing is lost, nothing is settled that is not stored, and memory is bounded", async () => {
  await fc.assert(
    fc.asyncProperty(schedule, fc.nat(), fc.integer({ min: 1, max: 40 }), async (steps, seed, receiveMaximum) => {
      const rig = createUplinkRig({
        seed,
        broker: { latencyMs: 4, receiveMaximum },
        forwarder: { windowBatches, batchReadingsMax, receiptTimeoutMs: 5_000 },
      });
      rig.start();
      for (const [happens, thenMs] of steps) {
        happens(rig);
        await rig.clock.advance(thenMs);
        expectSound(rig);
      }
      becomeWell(rig);
      await rig.clock.advance(20 * 60_000);
      expectSound(rig);
      expect(rig.outbox.delivered.size).toBe(rig.outbox.added());
      expect(rig.forwarder.status()).toMatchObject({ underWay: { batches: 0 }, toResend: { pieces: 0 } });
      await rig.stop();
    }),
    { seed: 20_260_101, numRuns: 200 },
  );
}, 120_000);

test("control: a gateway that trusts the broker's acknowledgement is caught settling what is not stored", async () => {
  const rig = createUplinkRig({ broker: { latencyMs: 4 }, forwarder: { acknowledge: "puback" } });
  rig.broker.faults.publish = () => ({ deliveries: 0 });
  rig.add("fresh", 10);
  rig.start();
  await rig.clock.advance(1_000);
  expect(() => expectSound(rig)).toThrow(/settled without being stored/);
  await rig.stop();
});

function expectSound(rig: UplinkRig): void {
  const { underWay, toResend } = rig.forwarder.status();
  const unstored = [...rig.outbox.delivered].filter((seq) => !rig.ingestor.stored.has(seq));
  expect(unstored, "settled without being stored").toEqual([]);
  expect([...rig.outbox.rejected], "given up").toEqual([]);
  expect(rig.broker.violations()).toEqual([]);
  expect(underWay.batches).toBeLessThanOrEqual(windowBatches);
  expect(underWay.readings).toBeLessThanOrEqual(windowBatches * batchReadingsMax);
  expect(toResend.readings).toBeLessThanOrEqual(2 * windowBatches * batchReadingsMax);
  expect(rig.clock.sleepers()).toBeLessThan(200);
}

function becomeWell(rig: UplinkRig): void {
  rig.broker.start();
  rig.broker.faults.publish = () => ({});
  rig.ingestor.behaviour.up = true;
  rig.ingestor.behaviour.answer = (receipt) => [{ receipt, delayMs: 0 }];
  rig.outbox.faults.settle = null;
}

function adds([lane, count]: [(typeof lanes)[number], number]): Happening {
  return (rig) => rig.add(lane, count);
}

function publishes(fault: UplinkRig["broker"]["faults"]["publish"]): Happening {
  return (rig) => {
    // Control messages fare well: what is tested is the readings' way.
    rig.broker.faults.publish = (message, client) =>
      message.topic.endsWith("/readings") ? fault(message, client) : {};
  };
}

function answering(answer: UplinkRig["ingestor"]["behaviour"]["answer"]): Happening {
  return (rig) => {
    rig.ingestor.behaviour.answer = answer;
  };
}

function ingesting(up: boolean): Happening {
  return (rig) => {
    rig.ingestor.behaviour.up = up;
  };
}

function settling(fails: boolean): Happening {
  return (rig) => {
    rig.outbox.faults.settle = fails ? new Error("disk full") : null;
  };
}

function windowOf(batches: number): Happening {
  return (rig) => rig.forwarder.settings({ windowBatches: batches });
}

function cut(rig: UplinkRig): void {
  rig.broker.cut();
}

function disappear(rig: UplinkRig): void {
  rig.broker.disappear();
}

function reappear(rig: UplinkRig): void {
  rig.broker.reappear();
}

function stopBroker(rig: UplinkRig): void {
  rig.broker.stop({ forget: true });
}

function startBroker(rig: UplinkRig): void {
  rig.broker.start();
}

function sync(rig: UplinkRig): void {
  rig.forwarder.syncNow();
}
