import { expect, test } from "vitest";
import { readingText } from "../../doubles/memory-ingestor.ts";
import { createUplinkRig, rigGateway } from "../../doubles/uplink-rig.ts";
import { messageData } from "../../../cloud-sync/contract/message-data.ts";

test("a single reading is sent at once, alone, and settled by its receipt", async () => {
  const rig = createUplinkRig();
  rig.start();
  await rig.clock.advance(1_000);
  rig.add("fresh", 1);
  await rig.clock.settle();
  expect(rig.ingestor.batches.map(({ readings }) => readings)).toEqual([[1]]);
  await rig.clock.advance(20);
  expect([...rig.outbox.delivered]).toEqual([1]);
  await rig.stop();
});

test("a backlog goes out in full batches, every reading once, and is settled", async () => {
  const rig = createUplinkRig({ broker: { latencyMs: 5 } });
  rig.add("backfill", 1_234);
  rig.start();
  await rig.clock.advance(2_000);
  expect(rig.outbox.delivered.size).toBe(1_234);
  expect(rig.ingestor.batches).toHaveLength(13);
  expect([...rig.ingestor.stored.values()].every((times) => times === 1)).toBe(true);
  expect(rig.forwarder.status()).toMatchObject({
    connection: { protocol: "5" },
    underWay: { batches: 0, readings: 0, bytes: 0 },
    toResend: { pieces: 0, readings: 0 },
    counts: { delivered: 1_234, batchesSent: 13, readingsResent: 0 },
  });
  await rig.stop();
});

test("a stream that outruns the broker's pace gathers into batches by itself", async () => {
  const rig = createUplinkRig({ broker: { latencyMs: 50 } });
  rig.start();
  await rig.clock.advance(1_000);
  for (let step = 0; step < 1_000; step += 1) {
    rig.add("fresh", 1);
    await rig.clock.advance(1);
  }
  await rig.clock.advance(1_000);
  expect(rig.outbox.delivered.size).toBe(1_000);
  expect(rig.ingestor.batches.length).toBeLessThan(60);
  await rig.stop();
});

test("batches that are full by their bytes fill the window as those that are full by their readings do", async () => {
  const rig = createUplinkRig({ broker: { latencyMs: 50 } });
  for (let number = 1; number <= 2_000; number += 1) rig.outbox.add("backfill", readingText(number, 900));
  rig.start();
  await rig.clock.advance(320);
  expect(rig.forwarder.status().underWay.batches).toBeGreaterThanOrEqual(14);
  await rig.clock.advance(5_000);
  expect(rig.outbox.delivered.size).toBe(2_000);
  await rig.stop();
});

test("batch ids are never used again", async () => {
  const rig = createUplinkRig({ forwarder: { receiptTimeoutMs: 1_000 } });
  rig.ingestor.behaviour.up = false;
  rig.add("fresh", 300);
  rig.start();
  await rig.clock.advance(120_000);
  const ids = rig.ingestor.batches.map(({ id }) => id);
  expect(ids.length).toBeGreaterThan(5);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids[0]).toMatch(/^boot-1-/);
  await rig.stop();
});

test("a stop waits for receipts that are under way, settles them and says offline", async () => {
  const rig = createUplinkRig();
  rig.ingestor.behaviour.answer = (receipt) => [{ receipt, delayMs: 1_000 }];
  rig.add("fresh", 10);
  rig.start();
  await rig.clock.advance(500);
  expect(rig.outbox.delivered.size).toBe(0);
  await rig.stop();
  expect(rig.outbox.delivered.size).toBe(10);
  const state = Buffer.from(rig.broker.retained(`carepost/v1/${rigGateway}/state`) ?? []);
  expect(messageData("state", state)).toMatchObject({ online: false, gateway: rigGateway });
  expect(rig.broker.connected()).toEqual([]);
});

test("a stop does not wait for ever: without receipts, without a broker, or before the first connection", async () => {
  const mute = createUplinkRig();
  mute.ingestor.behaviour.up = false;
  mute.add("fresh", 10);
  mute.start();
  await mute.clock.advance(500);
  await mute.stop();
  expect(mute.clock.monotonicMs()).toBeLessThanOrEqual(500 + 2_000);

  const silent = createUplinkRig();
  silent.add("fresh", 10);
  silent.start();
  await silent.clock.advance(500);
  silent.broker.disappear();
  silent.add("fresh", 10);
  await silent.clock.advance(100);
  await silent.stop();
  expect(silent.clock.monotonicMs()).toBeLessThanOrEqual(600 + 4_000);

  const refused = createUplinkRig();
  refused.broker.stop();
  refused.start();
  await refused.clock.advance(500);
  await refused.stop();
  expect(refused.clock.monotonicMs()).toBe(500);
});

test("a receipt tells the ingestor's time", async () => {
  const times: number[] = [];
  const rig = createUplinkRig({ ports: { onServerTime: (at) => times.push(at) } });
  rig.add("fresh", 1);
  rig.start();
  await rig.clock.advance(100);
  expect(times).toEqual([Date.UTC(2026, 0, 1)]);
  await rig.stop();
});

test("with puback, and only then, the broker's acknowledgement settles", async () => {
  const trusting = createUplinkRig({ forwarder: { acknowledge: "puback" } });
  trusting.ingestor.behaviour.up = false;
  trusting.add("fresh", 250);
  trusting.start();
  await trusting.clock.advance(100);
  expect(trusting.outbox.delivered.size).toBe(250);
  await trusting.stop();

  const careful = createUplinkRig();
  careful.ingestor.behaviour.up = false;
  careful.add("fresh", 250);
  careful.start();
  await careful.clock.advance(600_000);
  expect(careful.outbox.delivered.size).toBe(0);
  expect(careful.outbox.rejected.size).toBe(0);
  await careful.stop();
});

test("an address that can never work ends the run with its error", async () => {
  const rig = createUplinkRig();
  rig.broker.faults.connect = "broker-url-invalid";
  const run = rig.forwarder.run(new AbortController().signal);
  await expect(rig.clock.runUntil(run)).rejects.toMatchObject({ code: "broker-url-invalid", recovery: "stop" });
});

test("a fault of the program ends the run with it, instead of being tried again for ever", async () => {
  const broken = createUplinkRig({ ports: { connector: { connect: () => Promise.reject(new TypeError("a bug")) } } });
  await expect(broken.clock.runUntil(broken.forwarder.run(new AbortController().signal))).rejects.toThrow("a bug");

  const rig = createUplinkRig();
  rig.broker.faults.publish = () => {
    throw new TypeError("a bug elsewhere");
  };
  await expect(rig.clock.runUntil(rig.forwarder.run(new AbortController().signal))).rejects.toThrow("a bug elsewhere");
  expect(rig.broker.connected()).toEqual([]);
});

test("a boot id that cannot stand in a batch id is refused at once", () => {
  expect(() => createUplinkRig({ forwarder: { bootId: "not a boot id" } })).toThrow(/boot id/);
});

test("a connection that is to be made anew ends politely, comes back at once, and loses and doubles nothing", async () => {
  const materials = [1, 2].map((number) => ({ ca: null, cert: `certificate ${number}`, key: null }));
  const asked: (string | null)[] = [];
  const rig = createUplinkRig({
    broker: { latencyMs: 20 },
    forwarder: { tls: () => materials[asked.length] ?? { ca: null, cert: null, key: null } },
  });
  const { connector } = rig.broker;
  const connect = connector.connect.bind(connector);
  Object.assign(connector, {
    connect: (...[options, signal]: Parameters<typeof connect>) => {
      asked.push(options.tls?.().cert ?? null);
      return connect(options, signal);
    },
  });
  rig.add("backfill", 500);
  rig.start();
  await rig.clock.advance(120);
  rig.forwarder.reconnect();
  await rig.clock.advance(5_000);
  expect(asked).toEqual(["certificate 1", "certificate 2"]);
  expect(rig.outbox.delivered.size).toBe(500);
  expect([...rig.ingestor.stored.values()].every((times) => times === 1)).toBe(true);
  expect(rig.forwarder.status().connection).not.toBeNull();
  expect(rig.logged).not.toContain("connect-failed");
  await rig.stop();
});
