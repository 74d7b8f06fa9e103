import { setTimeout } from "node:timers/promises";
import mqtt from "mqtt";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { brokerStream } from "../../cloud-sync/mqtt/broker-stream.ts";
import { clientOptions } from "../../cloud-sync/mqtt/mqttjs-options.ts";
import { connack, puback, publishToAcknowledge, receiveMaximum, suback } from "../doubles/mqtt-bytes.ts";
import { startScriptedBroker } from "../doubles/scripted-broker.ts";
import type { ScriptedBroker } from "../doubles/scripted-broker.ts";

/** What `cloud-sync/mqtt` relies on in mqtt.js. An upgrade that changes one of these fails here first. */
let broker: ScriptedBroker;
let client: mqtt.MqttClient;
beforeEach(async () => {
  broker = await startScriptedBroker();
});
afterEach(async () => {
  client.stream.destroy();
  await broker.stop();
});

async function connected(keepAliveS = 30): Promise<mqtt.IConnackPacket> {
  const options = { url: broker.url, clientId: "pin", protocol: "5", keepAliveS, connectTimeoutMs: 20_000 } as const;
  client = new mqtt.MqttClient(() => brokerStream(options), clientOptions(options, 5));
  const answer = Promise.withResolvers<mqtt.IConnackPacket>();
  client.on("connect", answer.resolve);
  return await answer.promise;
}

async function closed(): Promise<void> {
  const end = Promise.withResolvers<void>();
  client.on("close", () => end.resolve());
  await end.promise;
}

const publishedIds = (): readonly number[] =>
  broker.seen.flatMap((packet) => (packet.type === "publish" ? [packet.packetId] : []));

test("a message under way is never called back when its socket is lost: the adapter has to do it", async () => {
  broker.script.publish = () => [];
  await connected();
  const calledBack = vi.fn<() => void>();
  client.publish("t", "x", { qos: 1 }, calledBack);
  await vi.waitFor(() => expect(publishedIds()).toHaveLength(1), { timeout: 20_000 });
  broker.cut();
  await closed();
  await setTimeout(20);
  expect(calledBack).not.toHaveBeenCalled();
});

test("a client that lost its connection does not connect again by itself", async () => {
  await connected();
  broker.cut();
  await closed();
  await setTimeout(50);
  expect(broker.seen.filter(({ type }) => type === "connect")).toHaveLength(1);
});

test("the receive maximum is told in the CONNACK and not obeyed: the forwarder's window has to", async () => {
  broker.script.connect = (version) => [connack(version, 0, receiveMaximum(2))];
  broker.script.publish = () => [];
  const packet = await connected();
  expect(packet.properties?.receiveMaximum).toBe(2);
  for (let count = 0; count < 5; count += 1) client.publish("t", "x", { qos: 1 }, () => undefined);
  await vi.waitFor(() => expect(publishedIds()).toHaveLength(5), { timeout: 20_000 });
});

test("packet identifiers come from the given provider, in turn, and skip those in use", async () => {
  broker.script.publish = ({ packetId }, version) => (packetId === 1 ? [] : [puback(version, packetId)]);
  await connected();
  client.publish("t", "x", { qos: 1 }, () => undefined);
  for (let count = 0; count < 3; count += 1) await client.publishAsync("t", "x", { qos: 1 });
  expect(publishedIds()).toEqual([1, 2, 3, 4]);
  expect(client.messageIdProvider.register(1)).toBe(false);
  expect(client.messageIdProvider.register(4)).toBe(true);
});

test("the store is asked and keeps nothing", async () => {
  broker.script.publish = () => [];
  await connected();
  client.publish("t", "x", { qos: 1 }, () => undefined);
  const kept = client.outgoingStore.createStream();
  expect(await kept.toArray()).toEqual([]);
});

test("ending waits for what is under way, unless that is forgotten first", async () => {
  broker.script.publish = () => [];
  await connected();
  client.publish("t", "x", { qos: 1 }, () => undefined);
  await vi.waitFor(() => expect(publishedIds()).toHaveLength(1), { timeout: 20_000 });
  client.outgoing = {};
  client.end();
  await vi.waitFor(() => expect(broker.seen.at(-1)?.type).toBe("disconnect"), { timeout: 20_000 });
});

test("a ping goes out each keep-alive, however much data flows", async () => {
  await connected(1);
  const seen = (): readonly string[] => broker.seen.map(({ type }) => type);
  while (!seen().includes("pingreq")) {
    expect(seen().length).toBeLessThan(1_000);
    await client.publishAsync("t", "x", { qos: 1 });
    await setTimeout(20);
  }
});

test("a message is handed over with its retain flag, before it is acknowledged", async () => {
  await connected();
  const retained = new Promise((resolve) => client.on("message", (_topic, _payload, packet) => resolve(packet.retain)));
  broker.publish({ topic: "down/a", payload: Buffer.from("x"), retain: true });
  await client.subscribeAsync("down/a", { qos: 1 });
  expect(await retained).toBe(true);
});

test("a message whose handler reports an error is not acknowledged, and the next is read all the same", async () => {
  sendsOnSubscribe(3);
  await connected();
  const handled: string[] = [];
  client.handleMessage = ({ payload }, done) => {
    handled.push(payload.toString());
    done(payload.toString() === "3" ? undefined : new Error("later"));
  };
  await client.subscribeAsync("down/a", { qos: 1 });
  await vi.waitFor(() => expect(acknowledgedIds()).toEqual([3]), { timeout: 20_000 });
  expect(handled).toEqual(["1", "2", "3"]);
  client.stream.write(puback(5, 1));
  await vi.waitFor(() => expect(acknowledgedIds()).toEqual([3, 1]), { timeout: 20_000 });
});

/** The broker answers a subscription with so many messages of QoS 1, numbered from 1. */
function sendsOnSubscribe(count: number): void {
  broker.script.subscribe = (packetId, version) => [
    suback(version, packetId, [1]),
    ...Array.from({ length: count }, (_, index) => {
      const message = { topic: "down/a", payload: Buffer.from(String(index + 1)), retain: false };
      return publishToAcknowledge(version, message, index + 1);
    }),
  ];
}

const acknowledgedIds = (): readonly number[] =>
  broker.seen.flatMap((packet) => (packet.type === "puback" ? [packet.packetId] : []));
