import { afterEach, expect, test } from "vitest";
import { receipt } from "../../../cloud-sync/contract/delivery.ts";
import { gatewayTopics } from "../../../cloud-sync/contract/topics.ts";
import { type IngestHandle, startIngest } from "../../../cloud-sync/ingest/start-ingest.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import {
  heardMessage,
  joinAs,
  type MqttPeer,
  packetTypes,
  publishPacket,
  subscribePacket,
} from "../../doubles/mqtt-peer.ts";
import { type PostgresCluster, startPostgres } from "../../doubles/postgres-cluster.ts";
import { realClock } from "../../doubles/real-clock.ts";
import { batchPayload, glucose } from "./sample-readings.ts";

const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

test("two ingestors share a database: what one has stored is a duplicate to the other, and what is wrong is rejected alone", async () => {
  const cluster = await newCluster();
  const [one, other] = [await start(cluster), await start(cluster)];
  const first = await receiptFor(
    one,
    batchPayload("gw-1", "b1", [glucose(1), { ...glucose(2), revision: 0 }, glucose(3)]),
  );
  expect(first).toMatchObject({
    stored: [
      [0, 0],
      [2, 2],
    ],
    rejected: [{ position: 1, code: "reading-invalid" }],
  });
  const second = await receiptFor(other, batchPayload("gw-1", "b2", [glucose(1), glucose(3), glucose(4)]));
  expect(second).toMatchObject({ stored: [[2, 2]], duplicate: [[0, 1]], rejected: [] });
  expect(cluster.sql("SELECT count(*), (SELECT count(*) FROM carepost.dead_letters) FROM carepost.readings")).toBe(
    "3|1",
  );
});

test("while the database is away nothing is acknowledged, and afterwards the same message is", async () => {
  const cluster = await newCluster();
  const ingest = await start(cluster);
  await cluster.kill();
  const payload = batchPayload("gw-1", "b1", [glucose(1)]);
  const refused = await joinAs(ingest.address ?? loopback, "gw-1");
  refused.send(publishPacket(gatewayTopics("gw-1").readings, payload));
  await refused.ended;
  expect(ingest.counts()).toMatchObject({ failed: 1, stored: 0 });
  await cluster.start();
  expect(await receiptFor(ingest, payload)).toMatchObject({ stored: [[0, 0]] });
});

const loopback = { host: "127.0.0.1", port: 0 };

async function newCluster(): Promise<PostgresCluster> {
  const cluster = await startPostgres({ settings: ["fsync = off"] });
  cleanUps.push(() => cluster.remove());
  return cluster;
}

async function start({ host, port }: PostgresCluster): Promise<IngestHandle> {
  const access = { servers: [{ host, port }], database: "postgres", user: "postgres", password: null, tls: null };
  const ingest = await startIngest({
    role: "all",
    listen: loopback,
    postgres: access,
    clock: realClock,
    log: keptLog(),
  });
  cleanUps.push(() => ingest.stop());
  return ingest;
}

async function receiptFor(ingest: IngestHandle, payload: Uint8Array): Promise<unknown> {
  const peer: MqttPeer = await joinAs(ingest.address ?? loopback, "gw-1");
  cleanUps.push(async () => peer.end());
  peer.send(subscribePacket(1, gatewayTopics("gw-1").receipts));
  expect((await peer.next()).type).toBe(packetTypes.suback);
  peer.send(publishPacket(gatewayTopics("gw-1").readings, payload));
  expect((await peer.next()).type).toBe(packetTypes.puback);
  const { payload: answer } = heardMessage(await peer.next());
  return receipt.parse(JSON.parse(answer));
}
