import { expect, test, vi } from "vitest";
import type { BrokerConnection, ConnectionEnd, IncomingMessage } from "../../../../cloud-sync/mqtt/connection.ts";
import { createMemoryBroker } from "../../../../cloud-sync/mqtt/memory-broker.ts";
import type { MemoryBroker } from "../../../../cloud-sync/mqtt/memory-broker.ts";
import { RenewingConnection } from "../../../../cloud-sync/mqtt/iot-hub/renewing-connection.ts";
import { createVirtualClock } from "../../../../simulators/clock/virtual-clock.ts";
import type { VirtualClock } from "../../../../simulators/clock/virtual-clock.ts";
import { hubDevice, startHubGateway, startHubRig } from "../../../doubles/iot-hub-rig.ts";
import { readingText } from "../../../doubles/memory-ingestor.ts";

const renewMs = 1_000;

interface Stage {
  readonly clock: VirtualClock;
  readonly broker: MemoryBroker;
  readonly connection: BrokerConnection;
  readonly arrived: IncomingMessage[];
  readonly logged: string[];
  readonly opened: () => number;
}

async function createStage(latencyMs = 10): Promise<Stage> {
  const clock = createVirtualClock(Date.UTC(2026, 5, 1));
  const broker = createMemoryBroker({ clock, protocol: "3.1.1", latencyMs });
  const logged: string[] = [];
  const arrived: IncomingMessage[] = [];
  const record = (event: string): void => void logged.push(event);
  let opened = 0;
  const options = { url: "mqtts://hub", clientId: "gw-0001", protocol: "3.1.1", keepAliveS: 30 } as const;
  const open = async (signal: AbortSignal): ReturnType<ConstructorParameters<typeof RenewingConnection>[0]["open"]> => {
    const connection = await broker.connector.connect({ ...options, connectTimeoutMs: 5_000 }, signal);
    opened += 1;
    return { connection, renewInMs: renewMs };
  };
  const log = { error: record, warn: record, info: record, debug: record };
  const first = await clock.runUntil(open(new AbortController().signal));
  const connection = new RenewingConnection({ clock, log, open }, first);
  connection.onMessage((message) => arrived.push(message));
  await clock.runUntil(connection.subscribe("down", 1));
  return { clock, broker, connection, arrived, logged, opened: () => opened };
}

const message = (topic: string): Parameters<BrokerConnection["publish"]>[0] => ({
  topic,
  payload: Buffer.from("x"),
  qos: 1,
  retain: false,
});

async function endOf(connection: BrokerConnection): Promise<ConnectionEnd | null> {
  return await Promise.race([connection.closed, Promise.resolve(null)]);
}

test("a connection is replaced when its time has come, and whoever uses it does not notice", async () => {
  const { clock, broker, connection, arrived, opened } = await createStage();
  await clock.advance(renewMs * 3.5);
  expect(opened()).toBeGreaterThanOrEqual(3);
  expect(await endOf(connection)).toBeNull();
  broker.publish(message("down"));
  await clock.advance(100);
  expect(arrived.map(({ topic }) => topic)).toEqual(["down"]);
  await clock.runUntil(connection.publish(message("up")));
  await clock.runUntil(connection.close());
  expect(await connection.closed).toMatchObject({ by: "us" });
  expect(broker.violations()).toEqual([]);
});

test("nothing that is under way is cut, and what is published meanwhile goes out afterwards", async () => {
  const { clock, broker, connection, opened } = await createStage();
  const came: string[] = [];
  broker.subscribe("up/#", ({ topic }) => came.push(topic));
  broker.faults.publish = () => ({ delayMs: 300 });
  const sent: Promise<void>[] = [];
  for (let number = 0; number < 40; number += 1) {
    sent.push(connection.publish(message(`up/${number}`)));
    await clock.advance(100);
  }
  await clock.runUntil(Promise.all(sent));
  expect(new Set(came).size).toBe(40);
  expect(came).toHaveLength(40);
  expect(opened()).toBeGreaterThanOrEqual(2);
});

test("a renewal that fails leaves the connection as it is, and is tried again", async () => {
  const { clock, broker, connection, logged, opened } = await createStage();
  broker.faults.connect = "broker-unreachable";
  await clock.advance(renewMs * 2);
  expect(logged).toContain("iot-hub-renewal-failed");
  expect(await endOf(connection)).toBeNull();
  await clock.runUntil(connection.publish(message("up")));
  broker.faults.connect = null;
  await clock.advance(20_000);
  expect(opened()).toBeGreaterThanOrEqual(2);
  expect(logged).toContain("iot-hub-connection-renewed");
});

test("a new connection that may not listen is given up, and the end of the old one is the end", async () => {
  const { clock, broker, connection } = await createStage();
  broker.faults.subscribe = () => false;
  await clock.advance(renewMs + 500);
  expect(await endOf(connection)).not.toBeNull();
  await expect(connection.publish(message("up"))).rejects.toMatchObject({ code: "connection-lost" });
});

test("a broker that owes an answer puts the renewal off, and the waiting has an end", async () => {
  const { clock, broker, connection, logged } = await createStage();
  broker.faults.publish = () => ({ answer: "none" });
  const owed = connection.publish(message("up/owed")).catch((error: unknown) => error);
  await clock.advance(renewMs + 13_000);
  expect(logged).toContain("iot-hub-renewal-failed");
  expect(await endOf(connection)).toBeNull();
  connection.destroy();
  expect(await clock.runUntil(owed)).toMatchObject({ code: "connection-lost" });
});

test("a connection that is lost, or closed during a renewal, ends once and for all", async () => {
  const lost = await createStage();
  lost.broker.cut();
  await lost.clock.advance(100);
  expect(await endOf(lost.connection)).toMatchObject({ by: expect.stringMatching(/peer|network/) });
  const closing = await createStage(200);
  await closing.clock.advance(renewMs - 300);
  await closing.clock.runUntil(closing.connection.close());
  expect(await endOf(closing.connection)).not.toBeNull();
  expect(closing.clock.sleepers()).toBe(0);
});

test("tokens are renewed under load, over sockets, and not one reading is lost", async () => {
  const rig = await startHubRig();
  const gateway = startHubGateway(rig, { hub: { tokenS: 4 }, forwarder: { batchReadingsMax: 10 } });
  let added = 0;
  const stream = setInterval(() => {
    for (let number = 0; number < 20; number += 1) gateway.outbox.add("fresh", readingText((added += 1)));
  }, 20);
  try {
    await vi.waitFor(() => expect(rig.hub.entries()).toBeGreaterThanOrEqual(3), { timeout: 30_000 });
  } finally {
    clearInterval(stream);
  }
  await vi.waitFor(() => expect(gateway.outbox.delivered.size).toBe(added), { timeout: 20_000 });
  const numbers = rig.hub.telemetry
    .filter(({ properties }) => properties["kind"] === "readings")
    .flatMap(({ body }) => (body.toString().match(/"n":\d+/g) ?? []).map((text) => Number(text.slice(4))));
  expect(new Set(numbers).size).toBe(added);
  expect(rig.logged).toContain("iot-hub-connection-renewed");
  await gateway.stop();
  await rig.stop();
});

test("a token that expires unrenewed ends the connection, as a hub does it", async () => {
  const rig = await startHubRig();
  // A message that is never acknowledged keeps the renewal waiting until it is too late.
  const connection = await rig.connector({ tokenS: 3 }).connect(rig.connectOptions(), new AbortController().signal);
  rig.hub.faults.acknowledges = () => false;
  connection.publish(message(`carepost/v1/${hubDevice}/readings`)).catch(() => undefined);
  await connection.closed;
  expect(rig.hub.endings.map(({ why }) => why)).toContain("the token has expired");
  await rig.stop();
});
