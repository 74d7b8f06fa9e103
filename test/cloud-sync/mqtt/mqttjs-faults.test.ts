import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { BrokerConnection, ConnectOptions, OutgoingMessage } from "../../../cloud-sync/mqtt/connection.ts";
import { mqttConnector } from "../../../cloud-sync/mqtt/mqttjs-connection.ts";
import { connack, disconnect, maximumPacketSize, puback, receiveMaximum, suback } from "../../doubles/mqtt-bytes.ts";
import { startScriptedBroker } from "../../doubles/scripted-broker.ts";
import type { ScriptedBroker } from "../../doubles/scripted-broker.ts";

let broker: ScriptedBroker;
beforeEach(async () => {
  broker = await startScriptedBroker();
});
afterEach(async () => {
  await broker.stop();
});

const connector = mqttConnector();
const message = (topic: string): OutgoingMessage => ({ topic, payload: Buffer.from("x"), qos: 1, retain: false });

async function open(change: Partial<ConnectOptions> = {}): Promise<BrokerConnection> {
  const options: ConnectOptions = {
    url: broker.url,
    clientId: "gw-0001",
    protocol: "auto",
    keepAliveS: 30,
    connectTimeoutMs: 2_000,
  };
  return await connector.connect({ ...options, ...change }, new AbortController().signal);
}

const versionsTried = (): readonly number[] =>
  broker.seen.flatMap((packet) => (packet.type === "connect" ? [packet.version] : []));

test("auto falls back to 3.1.1 on a broker that refuses version 5, and remembers it", async () => {
  broker.script.connect = (version) => (version === 5 ? [connack(4, 1)] : null);
  const own = mqttConnector();
  const options = { url: broker.url, clientId: "gw-0001", protocol: "auto", keepAliveS: 30, connectTimeoutMs: 2_000 };
  const { signal } = new AbortController();
  expect((await own.connect({ ...options, protocol: "auto" }, signal)).protocol).toBe("3.1.1");
  expect((await own.connect({ ...options, protocol: "auto" }, signal)).protocol).toBe("3.1.1");
  expect(versionsTried()).toEqual([5, 4, 4]);
  broker.script.connect = (version) => (version === 4 ? [connack(4, 1)] : null);
  await expect(own.connect({ ...options, protocol: "auto" }, signal)).rejects.toMatchObject({
    code: "broker-version-refused",
  });
  expect((await own.connect({ ...options, protocol: "auto" }, signal)).protocol).toBe("5");
});

test("auto falls back to 3.1.1 on a broker that closes the socket on version 5 without a word", async () => {
  broker.script.connect = (version) => (version === 5 ? "close" : null);
  expect((await open()).protocol).toBe("3.1.1");
  expect(versionsTried()).toEqual([5, 4]);
});

test("each refused CONNACK has its error", async () => {
  const expected: readonly (readonly [number, string])[] = [
    [0x84, "broker-version-refused"],
    [0x86, "not-authorized"],
    [0x87, "not-authorized"],
    [0x89, "broker-refused"],
    [0x97, "quota-exceeded"],
    [0x9f, "broker-refused"],
  ];
  for (const [reason, code] of expected) {
    broker.script.connect = () => [connack(5, reason)];
    await expect(open({ protocol: "5" })).rejects.toMatchObject({ code, context: { reasonCode: reason } });
  }
  for (const [returnCode, code] of [
    [3, "broker-refused"],
    [4, "not-authorized"],
    [5, "not-authorized"],
  ] as const) {
    broker.script.connect = () => [connack(4, returnCode)];
    await expect(open({ protocol: "3.1.1" })).rejects.toMatchObject({ code });
  }
});

test("a broker that does not answer CONNECT times out", async () => {
  broker.script.connect = () => [];
  await expect(open({ connectTimeoutMs: 50 })).rejects.toMatchObject({ code: "broker-timed-out", recovery: "retry" });
});

test("the receive maximum is the broker's word", async () => {
  broker.script.connect = (version) => [connack(version, 0, receiveMaximum(7))];
  expect((await open()).receiveMaximum).toBe(7);
});

test("a message that is larger than the broker takes is refused here, and the connection lives on", async () => {
  broker.script.connect = (version) => [connack(version, 0, maximumPacketSize(1_000))];
  const connection = await open();
  const large = { ...message("t/large"), payload: new Uint8Array(1_000) };
  await expect(connection.publish(large)).rejects.toMatchObject({ code: "packet-too-large" });
  await connection.publish(message("t/small"));
  expect(broker.delivered.map(({ topic }) => topic)).toEqual(["t/small"]);
});

test("each negative PUBACK has its error, and the connection lives on", async () => {
  const connection = await open();
  for (const [reason, code] of [
    [0x87, "not-authorized"],
    [0x97, "quota-exceeded"],
    [0x80, "publish-refused"],
    [0x99, "publish-refused"],
  ] as const) {
    broker.script.publish = ({ packetId }, version) => [puback(version, packetId, reason)];
    await expect(connection.publish(message("t/no"))).rejects.toMatchObject({ code, context: { reasonCode: reason } });
  }
  broker.script.publish = ({ packetId }, version) => [puback(version, packetId, 0x10)];
  await expect(connection.publish(message("t/nobody-listens"))).resolves.toBeUndefined();
});

test("an acknowledgement that comes twice acknowledges nothing else", async () => {
  const connection = await open();
  broker.script.publish = ({ packetId }, version) => [puback(version, packetId), puback(version, packetId)];
  await connection.publish(message("t/one"));
  broker.script.publish = () => [];
  const second = connection.publish(message("t/two")).catch((error: unknown) => error);
  await vi.waitFor(() => expect(broker.seen.filter(({ type }) => type === "publish")).toHaveLength(2), {
    timeout: 20_000,
  });
  connection.destroy();
  expect(await second).toMatchObject({ code: "connection-lost" });
});

test("all that waits for an answer is rejected when the socket is lost", async () => {
  broker.script.publish = () => [];
  broker.script.subscribe = () => [];
  const connection = await open();
  const waiting = Promise.allSettled([
    ...Array.from({ length: 100 }, (_, index) => connection.publish(message(`t/${index}`))),
    connection.subscribe("down/#", 1),
  ]);
  await vi.waitFor(() => expect(broker.seen).toHaveLength(102), { timeout: 20_000 });
  broker.cut();
  const outcomes = await waiting;
  expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
  expect(outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason : null))).toMatchObject(
    Array.from({ length: 101 }, () => ({ code: "connection-lost" })),
  );
});

test("a refused subscription says so", async () => {
  const connection = await open();
  broker.script.subscribe = (packetId, version) => [suback(version, packetId, [0x87])];
  await expect(connection.subscribe("down/a", 1)).rejects.toMatchObject({ code: "not-authorized" });
  const older = await open({ protocol: "3.1.1", clientId: "older" });
  broker.script.subscribe = (packetId, version) => [suback(version, packetId, [0x80])];
  await expect(older.subscribe("down/a", 1)).rejects.toMatchObject({ code: "not-authorized" });
});

test("a peer that no longer answers pings is noticed, though the socket stays open", async () => {
  broker.script.ping = () => [];
  const connection = await open({ keepAliveS: 1 });
  const end = await connection.closed;
  expect(end).toEqual({ by: "network", reason: "Keepalive timeout" });
});

test("the broker's own reason for ending a connection is told", async () => {
  broker.script.publish = () => [disconnect(0x8b)];
  const connection = await open();
  await expect(connection.publish(message("t/a"))).rejects.toMatchObject({ code: "connection-lost" });
  expect(await connection.closed).toEqual({ by: "peer", reason: "Server shutting down (0x8b)" });
});

test("bytes that are not MQTT end the connection", async () => {
  broker.script.publish = () => [Uint8Array.of(0xf7, 0x02, 0xff, 0xff)];
  const connection = await open({ protocol: "3.1.1" });
  await expect(connection.publish(message("t/a"))).rejects.toMatchObject({ code: "connection-lost" });
  expect((await connection.closed).by).toBe("network");
});

test("closing does not wait for a peer that is gone", async () => {
  broker.script.publish = () => [];
  const connection = await open();
  const waiting = connection.publish(message("t/a")).catch((error: unknown) => error);
  await connection.close();
  expect(await waiting).toMatchObject({ code: "connection-lost" });
  await vi.waitFor(() => expect(broker.seen.at(-1)?.type).toBe("disconnect"), { timeout: 20_000 });
});
