import { expect, test } from "vitest";
import type { Receipt } from "../../../cloud-sync/contract/delivery.ts";
import { anyReceipt, receipt as receiptSchema } from "../../../cloud-sync/contract/delivery.ts";
import { fleetFilter, gatewayTopics } from "../../../cloud-sync/contract/topics.ts";
import { brokerLimits } from "../../../cloud-sync/ingest/broker-limits.ts";
import { type BrokerSource, brokerSource } from "../../../cloud-sync/ingest/broker-source.ts";
import { startEmbeddedBroker } from "../../../cloud-sync/ingest/embedded-broker.ts";
import type { SourceHandlers } from "../../../cloud-sync/ingest/source.ts";
import { createMemoryBroker, type MemoryBroker } from "../../../cloud-sync/mqtt/memory-broker.ts";
import { mqttConnector } from "../../../cloud-sync/mqtt/mqttjs-connection.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { seededRandom } from "../../../simulators/random.ts";
import { sourceContract, type SourceSubject } from "../../contracts/source.ts";
import { mailOf } from "../../doubles/broker-mail.ts";
import { GatewayPeers } from "../../doubles/gateway-peers.ts";
import { type KeptLog, keptLog } from "../../doubles/kept-log.ts";
import { realClock } from "../../doubles/real-clock.ts";

const clientId = "ingestor-1";

sourceContract({
  name: "client of a broker, over sockets",
  make: async () => {
    const ports = { clock: realClock, log: keptLog() };
    const broker = await startEmbeddedBroker({ host: "127.0.0.1", port: 0 }, brokerLimits, ports);
    const url = `mqtt://127.0.0.1:${broker.address.port}`;
    const more = { connector: mqttConnector(), random: seededRandom(1) };
    const source = brokerSource({ ...ports, ...more }, { url, clientId, protocol: "3.1.1" });
    const peers = new GatewayPeers(() => broker.address);
    const { send, nextReceipt, nextCommand, receiptsWaiting } = peers;
    const stop = async (): Promise<void> => {
      await peers.stop();
      await broker.close();
    };
    return { source, send, nextReceipt, nextCommand, receiptsWaiting, afterRefusal: async () => undefined, stop };
  },
});

sourceContract({ name: "client of a broker, in memory", make: async () => inMemory().subject });

test("an ingestor that starts before its broker waits for it, at random and ever longer intervals", async () => {
  const { broker, clock, source, log } = inMemory();
  broker.stop();
  await source.start(deaf);
  expect(source.status().connected).toBe(false);
  await clock.advance(120_000);
  const attempts = log.lines.filter(({ event }) => event === "ingest-broker-away").length;
  expect(attempts).toBeGreaterThan(5);
  expect(attempts).toBeLessThan(40);
  broker.start();
  await clock.advance(30_000);
  expect(source.status().connected).toBe(true);
  await source.stop();
});

test("an ingestor that lost its broker is back when the broker is, and takes messages again", async () => {
  const { broker, clock, source } = inMemory();
  let batches = 0;
  await source.start({ ...deaf, batch: async () => (batches++, null) });
  broker.cut();
  await clock.settle();
  expect(source.status().connected).toBe(false);
  await clock.advance(60_000);
  expect(source.status().connected).toBe(true);
  publish(broker, "gw-1", Uint8Array.of(1));
  await clock.settle();
  expect(batches).toBe(1);
  await source.stop();
});

test("a broker that grants the subscription and then delivers nothing is not fit", async () => {
  const { broker, clock, source } = inMemory();
  broker.faults.publish = () => ({ deliveries: 0 });
  const started = source.start(deaf);
  started.catch(() => undefined);
  await clock.advance(5000);
  await expect(started).rejects.toMatchObject({ code: "broker-unfit", remedy: expect.stringContaining("granted") });
  await source.stop();
  expect(broker.connected()).toEqual([]);
});

test("a broker that dies while the ingestor proves it is not unfit: it is waited for", async () => {
  const { broker, clock, source } = inMemory();
  broker.faults.publish = () => ({ deliveries: 0 });
  const started = source.start(deaf);
  await clock.advance(1000);
  broker.cut();
  broker.faults.publish = () => ({ deliveries: 1 });
  await started;
  expect(source.status().connected).toBe(false);
  await clock.advance(60_000);
  expect(source.status().connected).toBe(true);
  await source.stop();
});

test("a broker that refuses the subscription is an error at the start", async () => {
  const { broker, source } = inMemory();
  broker.faults.subscribe = (filter) => filter !== fleetFilter("readings");
  await source.start(deaf);
  expect(source.status().connected).toBe(false);
  await source.stop();
});

test("the canaries of other ingestors are nobody's readings", async () => {
  const { broker, clock, source } = inMemory();
  let batches = 0;
  await source.start({ ...deaf, batch: async () => (batches++, null) });
  publish(broker, "ingestor-2", new TextEncoder().encode("canary 0.5"));
  publish(broker, "gw-1", Uint8Array.of(1));
  await clock.settle();
  expect(batches).toBe(1);
  await source.stop();
});

test("messages beyond the bound are dropped without a receipt, so that the gateway sends them again", async () => {
  const { broker, clock, source } = inMemory();
  const hold = Promise.withResolvers<null>();
  let batches = 0;
  await source.start({
    ...deaf,
    batch: () => {
      batches += 1;
      return hold.promise;
    },
  });
  for (let n = 0; n < 600; n += 1) publish(broker, "gw-1", Uint8Array.of(1));
  await clock.settle();
  expect([batches, source.status().shed]).toEqual([512, 88]);
  hold.resolve(null);
  await clock.settle();
  publish(broker, "gw-1", Uint8Array.of(1));
  await clock.settle();
  expect(batches).toBe(513);
  await source.stop();
});

test("no more receipts are under way than the broker bears", async () => {
  const { broker, clock, source } = inMemory(4);
  await source.start({ ...deaf, batch: async (_gateway, [n = 0]) => ({ ...emptyReceipt, batch: `b${n}` }) });
  const heard: string[] = [];
  broker.subscribe(fleetFilter("receipts"), ({ payload }) => heard.push(receiptSchema.parse(parse(payload)).batch));
  broker.faults.publish = () => ({ delayMs: 10 });
  for (let n = 0; n < 40; n += 1) publish(broker, "gw-1", Uint8Array.of(n));
  await clock.advance(1000);
  expect(heard).toHaveLength(40);
  expect(broker.violations()).toEqual([]);
  await source.stop();
});

interface InMemory {
  readonly broker: MemoryBroker;
  readonly clock: VirtualClock;
  readonly source: BrokerSource;
  readonly log: KeptLog;
  readonly subject: SourceSubject;
}

function inMemory(receiveMaximum = 100): InMemory {
  const clock = createVirtualClock(0);
  const broker = createMemoryBroker({ clock, receiveMaximum });
  const log = keptLog();
  const ports = { connector: broker.connector, clock, random: seededRandom(1), log };
  const source = brokerSource(ports, { url: "mqtt://memory:1883", clientId, protocol: "auto" });
  const receipts = mailOf(broker, "receipts", (text) => anyReceipt.parse(JSON.parse(text)));
  const subject: SourceSubject = {
    source,
    send: async (gateway, kind, payload) =>
      broker.publish({ topic: gatewayTopics(gateway)[kind], payload, qos: 1, retain: false }),
    nextReceipt: receipts.next,
    nextCommand: mailOf(broker, "commands", (text) => text).next,
    receiptsWaiting: receipts.waiting,
    afterRefusal: async () => undefined,
    stop: async () => broker.stop(),
  };
  return { broker, clock, source, log, subject };
}

const deaf: SourceHandlers = {
  batch: async () => null,
  event: async () => null,
  state: () => undefined,
  result: () => undefined,
};

const emptyReceipt: Receipt = { v: 1, batch: "b", stored: [[0, 0]], duplicate: [], rejected: [], at: 1 };
const parse = (payload: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(payload));
const publish = (broker: MemoryBroker, gateway: string, payload: Uint8Array): void =>
  broker.publish({ topic: gatewayTopics(gateway).readings, payload, qos: 1, retain: false });
