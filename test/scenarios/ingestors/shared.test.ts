import { setTimeout } from "node:timers/promises";
import mqtt from "mqtt";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type GatewayFleet, startGatewayFleet } from "../../doubles/gateway-fleet.ts";
import type { IngestorProcess } from "../../doubles/ingestor-process.ts";
import { type Mosquitto, mosquittoPath, startMosquitto } from "../../doubles/mosquitto.ts";
import { documented } from "./documented.ts";
import { type IngestorStage, openIngestorStage, until } from "./stage.ts";

let stage: IngestorStage;
let mosquitto: Mosquitto;
let ingestors: readonly IngestorProcess[];
let fleet: GatewayFleet;

beforeEach(async () => {
  stage = await openIngestorStage();
  mosquitto = await startMosquitto(mosquittoPath ?? "mosquitto", [documented("mosquitto"), "sys_interval 1"]);
  stage.keep(() => mosquitto.stop());
  const ingest = { role: "ingestor", brokerUrl: mosquitto.url };
  ingestors = await Promise.all(["one", "two", "three", "four"].map((name) => stage.startIngestor(name, ingest)));
  const forwarder = { batchReadingsMax: 10, receiptTimeoutMs: 3000, reconnectDelayMaxMs: 2000 };
  fleet = startGatewayFleet({ size: 6, url: () => mosquitto.url, forwarder });
  stage.keep(() => fleet.stop());
  await until("four are in the group", () => ingestors.every((ingestor) => isConnected(ingestor)));
});
afterEach(() => stage.end(), 30_000);

test("four ingestors share the readings: each is stored once, and all have a part in it", async () => {
  for (let round = 0; round < 10; round += 1) {
    fleet.measure(240);
    await until("every reading has its receipt", () => fleet.waiting() === 0);
  }
  expect(stage.books(fleet)).toEqual({ measured: 2400, lost: 0, doubled: 0 });
  const parts = ingestors.map((ingestor) => ingestor.committed());
  expect(parts.reduce((sum, part) => sum + part, 0)).toBe(2400);
  for (const part of parts) expect(part).toBeGreaterThan(0);
}, 120_000);

test("one frozen, one killed, the broker killed and started again, all in mid-stream: nothing is lost or doubled", async () => {
  const [frozen, killed] = ingestors;
  await stream(10);
  frozen?.freeze();
  await stream(10);
  // By now what it had said before it was frozen has been read.
  const before = frozen?.committed();
  await stream(20);
  // What the frozen one holds reaches another without its help.
  await until("every reading has its receipt, though one is frozen", () => fleet.waiting() === 0, 90_000);
  expect(stage.books(fleet)).toMatchObject({ lost: 0, doubled: 0 });
  expect(frozen?.committed()).toBe(before);
  frozen?.thaw();
  await stream(10);
  await killed?.kill();
  await stream(20);
  await mosquitto.kill();
  await stream(10);
  await mosquitto.start();
  await stream(20);
  await until("every reading has its receipt", () => fleet.waiting() === 0, 90_000);
  expect(stage.books(fleet)).toEqual({ measured: 4000, lost: 0, doubled: 0 });
  expect(fleet.gateways.map(({ outbox }) => outbox.rejected.size)).toEqual([0, 0, 0, 0, 0, 0]);
}, 240_000);

test("one that the broker had thrown out while it was frozen joins the group again when it goes on", async () => {
  const [frozen, ...others] = ingestors;
  const connected = await watchConnected();
  const all = ingestors.length + fleet.gateways.length + 1;
  await until("all are at the broker, and the observer", () => connected() === all);
  frozen?.freeze();
  fleet.measure(60);
  await until("every reading has its receipt", () => fleet.waiting() === 0, 90_000);
  await until("the broker has missed its pings", () => connected() === all - 1);
  frozen?.thaw();
  await until("it is connected again", () => connections(frozen) === 2);
  for (const other of others) await other.stop();
  fleet.measure(60);
  await until("it alone takes all there is", () => fleet.waiting() === 0);
  expect(stage.books(fleet)).toEqual({ measured: 120, lost: 0, doubled: 0 });
}, 180_000);

test("members that are stopped in mid-stream leave nothing behind that would have to be sent again", async () => {
  for (const member of ingestors.slice(1)) {
    const streaming = stream(15);
    await setTimeout(100);
    expect(await member.stop()).toBe(0);
    await streaming;
  }
  await until("every reading has its receipt", () => fleet.waiting() === 0);
  expect(stage.books(fleet)).toEqual({ measured: 1800, lost: 0, doubled: 0 });
  expect(fleet.gateways.map(({ forwarder }) => forwarder.status().counts.readingsResent)).toEqual([0, 0, 0, 0, 0, 0]);
});

/** So many times forty readings, with a little time between. */
async function stream(times: number): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    fleet.measure(40);
    await setTimeout(20);
  }
}

/** How many clients the broker says that it has. */
async function watchConnected(): Promise<() => number> {
  const observer = await mqtt.connectAsync(mosquitto.url, { protocolVersion: 5 });
  stage.keep(() => observer.endAsync(true));
  let connected = 0;
  observer.on("message", (_topic, payload) => (connected = Number(payload.toString())));
  await observer.subscribeAsync("$SYS/broker/clients/connected");
  return () => connected;
}

const connections = (ingestor: IngestorProcess | undefined): number =>
  ingestor?.logged().filter((line) => line === "ingest-broker-connected carepost").length ?? 0;
const isConnected = (ingestor: IngestorProcess): boolean => connections(ingestor) === 1;
