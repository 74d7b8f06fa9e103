import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { receipt } from "../../../cloud-sync/contract/delivery.ts";
import { gatewayTopics } from "../../../cloud-sync/contract/topics.ts";
import { openSqliteSink } from "../../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { type IngestHandle, type IngestOptions, startIngest } from "../../../cloud-sync/ingest/start-ingest.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import {
  heardMessage,
  joinAs,
  type MqttPeer,
  packetTypes,
  publishPacket,
  subscribePacket,
} from "../../doubles/mqtt-peer.ts";
import { realClock } from "../../doubles/real-clock.ts";
import { batchPayload, glucose } from "./sample-readings.ts";

const key = new Uint8Array(32).fill(7);
const loopback = { host: "127.0.0.1", port: 0 };
const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

test("a batch is committed, then acknowledged, then receipted; the same batch again is a duplicate", async () => {
  const ingest = await start({ role: "all", listen: loopback, sinkPath: newPath() });
  const committed: string[] = [];
  ingest.onCommitted((deliveries) => committed.push(...deliveries.map(({ reading }) => reading.id)));
  const peer = await joinGateway(ingest, "gw-1");
  const payload = batchPayload("gw-1", "b1", [glucose(1), glucose(2)]);
  peer.send(publishPacket(gatewayTopics("gw-1").readings, payload, { packetId: 7 }));
  const puback = await peer.next();
  expect([puback.type, puback.body.readUInt16BE(0)]).toEqual([packetTypes.puback, 7]);
  expect(await nextReceipt(peer)).toMatchObject({ batch: "b1", stored: [[0, 1]], duplicate: [], rejected: [] });
  expect(committed).toEqual([glucose(1).id, glucose(2).id]);

  peer.send(publishPacket(gatewayTopics("gw-1").readings, payload, { packetId: 8 }));
  await peer.next();
  expect(await nextReceipt(peer)).toMatchObject({ batch: "b1", stored: [], duplicate: [[0, 1]], rejected: [] });
  expect(ingest.counts()).toMatchObject({ messages: 2, stored: 2, duplicates: 2, connections: 1 });
  expect(committed).toHaveLength(2);
});

test("an ingestor that is killed after the commit and before the receipt answers duplicate next time", async () => {
  const sinkPath = newPath();
  const child = fork(new URL("../../doubles/ingest-process.ts", import.meta.url), [sinkPath]);
  cleanUps.push(async () => void child.kill("SIGKILL"));
  const [{ port }] = await once(child, "message");
  // It is not subscribed, so that it has the PUBACK, which means "committed", and will never have the receipt.
  const deaf = await joinAs({ host: "127.0.0.1", port }, "gw-1");
  deaf.send(publishPacket(gatewayTopics("gw-1").readings, batchPayload("gw-1", "b1", [glucose(1)])));
  expect((await deaf.next()).type).toBe(packetTypes.puback);
  child.kill("SIGKILL");
  await once(child, "exit");

  const second = await start({ role: "all", listen: loopback, sinkPath });
  const peer = await joinGateway(second, "gw-1");
  peer.send(publishPacket(gatewayTopics("gw-1").readings, batchPayload("gw-1", "b1", [glucose(1)])));
  await peer.next();
  expect(await nextReceipt(peer)).toMatchObject({ stored: [], duplicate: [[0, 0]] });
});

test("broker and ingestor as two programs deliver receipts", async () => {
  const broker = await start({ role: "broker", listen: loopback });
  const url = broker.address?.url ?? "";
  const ingestor = await start({ role: "ingestor", brokerUrl: url, sinkPath: newPath() });
  expect(ingestor.counts().connections).toBe(1);
  const peer = await joinGateway(broker, "gw-1");
  peer.send(publishPacket(gatewayTopics("gw-1").readings, batchPayload("gw-1", "b1", [glucose(1)])));
  expect((await peer.next()).type).toBe(packetTypes.puback);
  expect(await nextReceipt(peer)).toMatchObject({ batch: "b1", stored: [[0, 0]] });
  expect(ingestor.counts()).toMatchObject({ messages: 1, stored: 1, unusable: 0 });
});

test("a host that is not loopback is refused before anything listens", async () => {
  for (const host of ["0.0.0.0", "::", "192.0.2.1", "128.0.0.1", "::ffff:127.0.0.1"]) {
    const attempt = start({ role: "all", listen: { host, port: 0 }, sinkPath: newPath() });
    await expect(attempt).rejects.toMatchObject({ code: "listen-refused", remedy: expect.any(String) });
  }
});

test("localhost and the whole of 127.0.0.0/8 are loopback", async () => {
  for (const host of ["localhost", "127.0.0.2"]) {
    const ingest = await start({ role: "broker", listen: { host, port: 0 } });
    expect(ingest.address?.port).toBeGreaterThan(0);
  }
});

test("a port that is taken is a clear error, and leaves the sink free", async () => {
  const first = await start({ role: "broker", listen: loopback });
  const sinkPath = newPath();
  const listen = addressOf(first);
  await expect(start({ role: "all", listen, sinkPath })).rejects.toMatchObject({ code: "listen-failed" });
  const second = await start({ role: "all", listen: loopback, sinkPath });
  expect(second.address).not.toBeNull();
});

test("a role without what it needs is a clear error", async () => {
  const code = "ingest-role-incomplete";
  await expect(start({ role: "all", listen: loopback })).rejects.toMatchObject({ code });
  await expect(start({ role: "broker" })).rejects.toMatchObject({ code });
  await expect(start({ role: "ingestor", sinkPath: newPath() })).rejects.toMatchObject({ code });
});

test("a sink that is locked keeps the broker from listening", async () => {
  const sinkPath = newPath();
  const sink = await openSqliteSink({ path: sinkPath, key, clock: realClock, thread: "inline" });
  await expect(start({ role: "all", listen: loopback, sinkPath })).rejects.toMatchObject({ code: "store-locked" });
  await sink.close();
});

test("stopping twice does no harm, ends the connections and frees port and sink", async () => {
  const sinkPath = newPath();
  const ingest = await start({ role: "all", listen: loopback, sinkPath });
  const peer = await joinGateway(ingest, "gw-1");
  await Promise.all([ingest.stop(), ingest.stop()]);
  await peer.ended;
  const again = await start({ role: "all", listen: addressOf(ingest), sinkPath });
  expect(addressOf(again)).toEqual(addressOf(ingest));
});

async function start(options: Omit<IngestOptions, "clock" | "log">): Promise<IngestHandle> {
  const ingest = await startIngest({ key, ...options, clock: realClock, log: keptLog() });
  cleanUps.push(() => ingest.stop());
  return ingest;
}

const addressOf = ({ address }: IngestHandle): { readonly host: string; readonly port: number } => ({
  host: address?.host ?? "",
  port: address?.port ?? 0,
});

async function joinGateway(ingest: IngestHandle, id: string): Promise<MqttPeer> {
  const peer = await joinAs(addressOf(ingest), id);
  peer.send(subscribePacket(1, gatewayTopics(id).receipts));
  expect([...(await peer.next()).body]).toEqual([0, 1, 1]);
  return peer;
}

async function nextReceipt(peer: MqttPeer): Promise<unknown> {
  const { topic, payload } = heardMessage(await peer.next());
  expect(topic).toBe(gatewayTopics("gw-1").receipts);
  return receipt.parse(JSON.parse(payload));
}

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "carepost-ingest-"));
  cleanUps.push(async () => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "sink.db");
}
