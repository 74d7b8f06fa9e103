import { expect, test } from "vitest";
import type { GatewayCondition } from "../../../cloud-sync/uplink/state.ts";
import { createUplinkRig, rigGateway } from "../../doubles/uplink-rig.ts";
import type { UplinkRig } from "../../doubles/uplink-rig.ts";

const dayMs = 86_400_000;
const stateTopic = `carepost/v1/${rigGateway}/state`;

/** All that was added is at the sink and settled, and the forwarder holds nothing any more. */
function expectDelivered(rig: UplinkRig): void {
  expect(rig.ingestor.stored.size).toBe(rig.outbox.added());
  expect(rig.outbox.delivered.size).toBe(rig.outbox.added());
  expect(rig.outbox.rejected.size).toBe(0);
  expect(rig.broker.violations()).toEqual([]);
  expect(rig.forwarder.status()).toMatchObject({ underWay: { batches: 0, bytes: 0 }, toResend: { pieces: 0 } });
}

test("a broker that refuses is asked again, ever more seldom, until it lets us in", async () => {
  const rig = createUplinkRig();
  rig.broker.faults.connect = "not-authorized";
  rig.add("fresh", 10);
  rig.start();
  await rig.clock.advance(600_000);
  expect(rig.forwarder.status()).toMatchObject({ connection: null, lastFailure: { code: "not-authorized" } });
  const attempts = rig.logged.filter((event) => event === "connect-failed").length;
  expect(attempts).toBeGreaterThan(25);
  expect(attempts).toBeLessThan(70);
  rig.broker.faults.connect = null;
  await rig.clock.advance(31_000);
  expectDelivered(rig);
  await rig.stop();
});

test("a broker that refuses our subscriptions is no connection", async () => {
  const rig = createUplinkRig();
  rig.broker.faults.subscribe = () => false;
  rig.add("fresh", 10);
  rig.start();
  await rig.clock.advance(60_000);
  expect(rig.ingestor.batches).toHaveLength(0);
  expect(rig.forwarder.status().lastFailure?.code).toBe("not-authorized");
  rig.broker.faults.subscribe = () => true;
  await rig.clock.advance(31_000);
  expectDelivered(rig);
  await rig.stop();
});

test("a stop does not wait for a broker that fell silent before it granted a subscription", async () => {
  const rig = createUplinkRig({ broker: { latencyMs: 10 } });
  rig.broker.faults.subscribe = () => {
    rig.broker.disappear();
    return true;
  };
  rig.start();
  await rig.clock.advance(1_000);
  expect(rig.logged).toContain("connected");
  const askedMs = rig.clock.monotonicMs();
  await rig.stop();
  expect(rig.clock.monotonicMs() - askedMs).toBeLessThan(5_000);
});

test("a stop does not wait for a state that was about to be told to a broker that acknowledges nothing", async () => {
  const looked = Promise.withResolvers<void>();
  const describe = async (): Promise<GatewayCondition> => {
    await looked.promise;
    return { held: 0, clock: "trusted", alarm: null };
  };
  const rig = createUplinkRig({ broker: { latencyMs: 10 }, ports: { describe } });
  rig.broker.faults.publish = () => ({ delayMs: 3_600_000 });
  rig.start();
  await rig.clock.advance(1_000);
  const askedMs = rig.clock.monotonicMs();
  const stopped = rig.stop();
  looked.resolve();
  await stopped;
  expect(rig.clock.monotonicMs() - askedMs).toBeLessThan(5_000);
});

test("a broker that disappears is noticed by its silence, and what was under way is sent again", async () => {
  const rig = createUplinkRig({ broker: { latencyMs: 10 } });
  rig.start();
  await rig.clock.advance(1_000);
  rig.broker.disappear();
  rig.add("fresh", 500);
  await rig.clock.advance(25_000);
  expect(rig.forwarder.status().connection).toBeNull();
  expect(rig.outbox.delivered.size).toBe(0);
  rig.broker.reappear();
  await rig.clock.advance(60_000);
  expectDelivered(rig);
  await rig.stop();
});

test("a broker that ends connections while batches are under way costs repetition and nothing else", async () => {
  const rig = createUplinkRig({ broker: { latencyMs: 20 } });
  let turn = 0;
  rig.broker.faults.publish = () => {
    turn += 1;
    return turn < 100 && turn % 8 === 0 ? { answer: "disconnect", deliveries: turn % 16 === 0 ? 1 : 0 } : {};
  };
  rig.add("backfill", 3_000);
  rig.start();
  await rig.clock.advance(10 * 60_000);
  expect(turn).toBeGreaterThan(100);
  expect(rig.forwarder.status().counts.readingsResent).toBeGreaterThan(0);
  expectDelivered(rig);
  await rig.stop();
});

test("a broker that acknowledges late, and not in order, is waited for", async () => {
  const rig = createUplinkRig();
  let turn = 0;
  rig.broker.faults.publish = ({ topic }) => {
    turn += 1;
    return topic.endsWith("/readings") ? { delayMs: (turn % 5) * 3_000 } : {};
  };
  rig.add("backfill", 5_000);
  rig.start();
  await rig.clock.advance(120_000);
  expectDelivered(rig);
  expect(rig.forwarder.status().counts.readingsResent).toBe(0);
  await rig.stop();
});

test("a broker that delivers twice makes duplicates that the sink knows, and no more settlements", async () => {
  const rig = createUplinkRig();
  rig.broker.faults.publish = () => ({ deliveries: 2 });
  rig.add("backfill", 1_000);
  rig.start();
  await rig.clock.advance(10_000);
  expect([...rig.ingestor.stored.values()].every((times) => times === 2)).toBe(true);
  expect(rig.forwarder.status().counts.delivered).toBe(1_000);
  expectDelivered(rig);
  await rig.stop();
});

test("a broker that acknowledges and then forgets costs a resend, never a reading", async () => {
  const rig = createUplinkRig();
  let turn = 0;
  rig.broker.faults.publish = ({ topic }) => {
    turn += 1;
    return topic.endsWith("/readings") && turn % 3 === 0 ? { deliveries: 0 } : {};
  };
  rig.add("fresh", 2_000);
  rig.start();
  await rig.clock.advance(10 * 60_000);
  expectDelivered(rig);
  expect(rig.forwarder.status().counts.readingsResent).toBeGreaterThan(0);
  await rig.stop();
});

test("a broker that lost its memory is told the state again", async () => {
  const rig = createUplinkRig();
  rig.start();
  await rig.clock.advance(1_000);
  rig.broker.stop({ forget: true });
  expect(rig.broker.retained(stateTopic)).toBeNull();
  rig.broker.start();
  await rig.clock.advance(31_000);
  expect(rig.broker.retained(stateTopic)).not.toBeNull();
  await rig.stop();
});

test("refusals for everybody are waited out, and held against no reading", async () => {
  for (const reasonCode of [0x87, 0x97, 0x80]) {
    const rig = createUplinkRig();
    rig.broker.faults.publish = ({ topic }) => (topic.endsWith("/readings") ? { answer: reasonCode } : {});
    rig.add("fresh", 1_000);
    rig.start();
    await rig.clock.advance(3_600_000);
    expect(rig.outbox.rejected.size).toBe(0);
    rig.broker.faults.publish = () => ({});
    await rig.clock.advance(400_000);
    expectDelivered(rig);
    await rig.stop();
  }
});

test("a broker that refuses our state, results and events still gets our readings", async () => {
  const rig = createUplinkRig();
  rig.broker.faults.publish = ({ topic }) => (topic.endsWith("/readings") ? {} : { answer: 0x87 });
  rig.start();
  const commands = `carepost/v1/${rigGateway}/commands`;
  for (let minute = 0; minute < 10; minute += 1) {
    const payload = Buffer.from(JSON.stringify({ v: 1, id: `c-${minute}`, name: "sync-now" }));
    await rig.clock.advance(60_000);
    rig.broker.publish({ topic: commands, payload, qos: 1, retain: false });
    rig.add("fresh", 1);
  }
  await rig.clock.advance(1_000);
  expect(rig.logged.filter((event) => event === "connected")).toHaveLength(1);
  expectDelivered(rig);
  await rig.stop();
});

test("the broker's receive maximum is never exceeded, however small it is", async () => {
  for (const receiveMaximum of [1, 2, 3, 7]) {
    const rig = createUplinkRig({ broker: { receiveMaximum, latencyMs: 5 } });
    rig.add("backfill", 2_000);
    rig.start();
    await rig.clock.advance(1_000);
    rig.add("urgent", 3);
    await rig.clock.advance(30_000);
    expect(rig.broker.violations()).toEqual([]);
    expectDelivered(rig);
    await rig.stop();
  }
});

test("three days without a broker cost few attempts, few timers and no reading", async () => {
  const rig = createUplinkRig({ broker: { latencyMs: 10 } });
  rig.start();
  await rig.clock.advance(1_000);
  rig.broker.stop();
  let sleepersMax = 0;
  for (let hour = 0; hour < 72; hour += 1) {
    rig.add("fresh", 20);
    await rig.clock.advance(dayMs / 24);
    sleepersMax = Math.max(sleepersMax, rig.clock.sleepers());
  }
  const attempts = rig.logged.filter((event) => event === "connect-failed").length;
  expect(attempts).toBeGreaterThan((3 * dayMs) / 30_000);
  expect(attempts).toBeLessThan((3 * dayMs) / 10_000);
  expect(sleepersMax).toBeLessThanOrEqual(3);
  rig.broker.start();
  await rig.clock.advance(31_000);
  expectDelivered(rig);
  expect([...rig.ingestor.stored.values()].every((times) => times === 1)).toBe(true);
  await rig.stop();
});

test("three days without an ingestor cost few repetitions, hold no new reading back for good, and no reading is given up", async () => {
  const rig = createUplinkRig({ broker: { latencyMs: 10 } });
  rig.ingestor.behaviour.up = false;
  rig.start();
  for (let hour = 0; hour < 72; hour += 1) {
    rig.add("fresh", 100);
    await rig.clock.advance(dayMs / 24);
  }
  expect(rig.outbox.rejected.size).toBe(0);
  expect(rig.ingestor.batches.length).toBeLessThan(10_000);
  expect(rig.forwarder.status().toResend.readings).toBeLessThanOrEqual(2 * 32 * 100);
  rig.ingestor.behaviour.up = true;
  await rig.clock.advance(180_000);
  expectDelivered(rig);
  await rig.stop();
});

test("an idle gateway sleeps: one timer for its state and one for its keep-alive, and none that repeats in a hurry", async () => {
  const rig = createUplinkRig();
  rig.add("fresh", 5);
  rig.start();
  await rig.clock.advance(120_000);
  const pages = rig.outbox.counts.pages;
  await rig.clock.advance(3_600_000);
  expect(rig.outbox.counts.pages).toBe(pages);
  expect(rig.clock.sleepers()).toBeLessThanOrEqual(2);
  await rig.stop();
});
