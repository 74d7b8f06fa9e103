import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { anyReceipt } from "../../../cloud-sync/contract/delivery.ts";
import { gatewayTopics } from "../../../cloud-sync/contract/topics.ts";
import { type BrokerSource, brokerSource } from "../../../cloud-sync/ingest/broker-source.ts";
import type { ShareWish } from "../../../cloud-sync/ingest/fleet-subscription.ts";
import { ingestErrors } from "../../../cloud-sync/ingest/ingest-error.ts";
import type { Connector } from "../../../cloud-sync/mqtt/connection.ts";
import { mqttConnector } from "../../../cloud-sync/mqtt/mqttjs-connection.ts";
import { sourceContract, type SourceSubject } from "../../contracts/source.ts";
import { mailOf } from "../../doubles/broker-mail.ts";
import { GatewayPeers } from "../../doubles/gateway-peers.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { startAedes } from "../../doubles/loopback-aedes.ts";
import { mosquittoPath, startMosquitto } from "../../doubles/mosquitto.ts";
import { realClock } from "../../doubles/real-clock.ts";
import { createSourceGroup, deaf, readingMessage } from "../../doubles/source-group.ts";

const automatic: ShareWish = { group: "carepost", required: false };
const required: ShareWish = { group: "carepost", required: true };

sourceContract({
  name: "member of a group at mosquitto",
  make: async () => {
    const mosquitto = await startMosquitto(mosquittoPath ?? "mosquitto");
    const { hostname: host, port } = new URL(mosquitto.url);
    const peers = new GatewayPeers(() => ({ host, port: Number(port) }));
    const source = sourceAt(mosquitto.url, required);
    const { send, nextReceipt, nextCommand, receiptsWaiting } = peers;
    const stop = async (): Promise<void> => {
      await peers.stop();
      await mosquitto.stop();
    };
    return { source, send, nextReceipt, nextCommand, receiptsWaiting, afterRefusal: async () => undefined, stop };
  },
});

sourceContract({ name: "member of a group, in memory", make: async () => memorySubject() });

test("aedes grants a shared subscription that it knows nothing of: a group that must be is refused there", async () => {
  const aedes = await startAedes();
  const source = sourceAt(aedes.url, required);
  await expect(source.start(deaf)).rejects.toMatchObject({
    code: "broker-unfit",
    message: expect.stringContaining("delivers nothing"),
    remedy: expect.stringContaining("ingest.shareGroup"),
  });
  await source.stop();
  await aedes.stop();
});

test("access rules that bind every client to its own topics, and let ingestors hear all, let the proofs pass", async () => {
  const folder = mkdtempSync(join(tmpdir(), "carepost-acl-"));
  const rules = join(folder, "acl");
  writeFileSync(rules, `${accessRules.join("\n")}\n`);
  chmodSync(folder, 0o755);
  const mosquitto = await startMosquitto(mosquittoPath ?? "mosquitto", [`acl_file ${rules}`]);
  const source = sourceAt(mosquitto.url, required, "ingestor-1");
  await source.start(deaf);
  expect(source.status().connected).toBe(true);
  // The same rules without the ingestor's own: its canaries are kept back.
  const stranger = sourceAt(mosquitto.url, required, "gw-1");
  await expect(stranger.start(deaf)).rejects.toMatchObject({ code: "broker-unfit" });
  await stranger.stop();
  await source.stop();
  await mosquitto.stop();
  rmSync(folder, { recursive: true });
});

const accessRules = [
  ...["readings", "events", "state", "results"].map((kind) => `pattern write carepost/v1/%u/${kind}`),
  ...["receipts", "commands"].map((kind) => `pattern read carepost/v1/%u/${kind}`),
  "user ingestor-1",
  ...["readings", "events", "state", "results"].map((kind) => `topic read carepost/v1/+/${kind}`),
  ...["receipts", "commands"].map((kind) => `topic write carepost/v1/+/${kind}`),
];

test("where the group may be left out, an ingestor at aedes takes every message", async () => {
  const aedes = await startAedes();
  const source = sourceAt(aedes.url, automatic);
  const taken = Promise.withResolvers<string>();
  await source.start({ ...deaf, batch: async (gateway) => (taken.resolve(gateway), null) });
  const { topic, ...rest } = readingMessage("gw-1");
  aedes.broker.publish({ cmd: "publish", dup: false, ...rest, topic, payload: Buffer.from("x") }, () => undefined);
  expect(await taken.promise).toBe("gw-1");
  await source.stop();
  await aedes.stop();
});

test("an MQTT 5 broker that grants and does not share is found out: the ingestor takes every message, and says why", async () => {
  const rig = createSourceGroup();
  rig.broker.faults.deliversShared = false;
  const member = rig.member("ingestor-1", automatic);
  const started = member.source.start(member.handlers);
  await rig.clock.advance(5000);
  await started;
  expect(member.log.lines.find(({ event }) => event === "ingest-not-shared")?.fields).toEqual({
    reason: "the broker granted a shared subscription and delivers nothing on it",
  });
  rig.publish("gw-1");
  await rig.clock.settle();
  expect(member.taken).toEqual(["gw-1"]);
  await member.source.stop();
});

test("a broker that refuses shared subscriptions is told from one that is away", async () => {
  const rig = createSourceGroup();
  rig.broker.faults.subscribe = (filter) => !filter.startsWith("$share/");
  const [strict, lenient] = [rig.member("ingestor-1", required), rig.member("ingestor-2", automatic)];
  await expect(strict.source.start(strict.handlers)).rejects.toMatchObject({ code: "broker-unfit" });
  await lenient.source.start(lenient.handlers);
  expect(lenient.source.status().connected).toBe(true);
  await strict.source.stop();
  await lenient.source.stop();
});

test("each message is for one member, and a state is for all", async () => {
  const rig = createSourceGroup();
  const members = [rig.member("ingestor-1"), rig.member("ingestor-2"), rig.member("ingestor-3")];
  for (const { source, handlers } of members) await source.start(handlers);
  for (let count = 0; count < 30; count += 1) rig.publish(`gw-${count}`);
  rig.publish("gw-1", "state");
  await rig.clock.settle();
  const taken = members.flatMap((member) => member.taken);
  expect([taken.length, new Set(taken).size]).toEqual([30, 30]);
  for (const member of members) expect([member.taken.length, member.states]).toEqual([10, ["gw-1"]]);
  for (const { source } of members) await source.stop();
});

test("a member that joins proves itself though another is frozen", async () => {
  const rig = createSourceGroup();
  const frozen = rig.member("ingestor-1");
  await frozen.source.start(frozen.handlers);
  frozen.freeze();
  const joining = rig.member("ingestor-2");
  const started = joining.source.start(joining.handlers);
  await rig.clock.advance(1000);
  await started;
  expect(joining.source.status().connected).toBe(true);
  await joining.source.stop();
  await frozen.source.stop();
});

test("a group in which nobody answers is no proof, and is tried again", async () => {
  const rig = createSourceGroup();
  const group = "$share/carepost/carepost/v1/+/readings";
  rig.broker.faults.subscribe = (filter) => {
    // The broker grants the group's subscription and forgets it.
    if (filter === group)
      rig.broker.faults.publish = ({ topic }) => ({ deliveries: topic.endsWith("readings") ? 0 : 1 });
    return true;
  };
  const member = rig.member("ingestor-1");
  const started = member.source.start(member.handlers);
  await rig.clock.advance(6000);
  await started;
  expect(member.source.status().connected).toBe(false);
  expect(member.log.lines.map(({ fields }) => fields["code"])).toContain("share-group-silent");
  rig.broker.faults.subscribe = () => true;
  rig.broker.faults.publish = () => ({});
  await rig.clock.advance(60_000);
  expect(member.source.status().connected).toBe(true);
  await member.source.stop();
});

test("what could not be committed is given to another member, and the one whose sink is down leaves", async () => {
  const rig = createSourceGroup();
  const [sick, well] = [rig.member("ingestor-1"), rig.member("ingestor-2")];
  for (const { source, handlers } of [sick, well]) await source.start(handlers);
  sick.fail(ingestErrors.make("sink-unavailable", "the disk is gone"));
  for (let count = 0; count < 4; count += 1) rig.publish(`gw-${count}`);
  await rig.clock.settle();
  expect(well.taken).toHaveLength(2);
  await rig.clock.advance(5000);
  expect(sick.log.lines.map(({ event }) => event)).toContain("ingest-gives-back");
  expect(new Set(well.taken)).toEqual(new Set(["gw-0", "gw-1", "gw-2", "gw-3"]));
  await sick.source.stop();
  await well.source.stop();
});

test("one gateway that is over its quota ends nobody's connection", async () => {
  const rig = createSourceGroup();
  const member = rig.member("ingestor-1");
  await member.source.start(member.handlers);
  member.fail(ingestErrors.make("dead-letters-full", "10,000 of this gateway"));
  rig.publish("gw-1");
  await rig.clock.advance(30_000);
  expect(member.source.status().connected).toBe(true);
  expect(member.log.lines.map(({ event }) => event)).toContain("ingest-message-not-taken");
  await member.source.stop();
});

test("a sink that takes other messages again keeps its member connected", async () => {
  const rig = createSourceGroup();
  const member = rig.member("ingestor-1");
  await member.source.start(member.handlers);
  member.fail(ingestErrors.make("sink-unavailable", "a moment"));
  rig.publish("gw-1");
  await rig.clock.settle();
  member.fail(null);
  rig.publish("gw-2");
  await rig.clock.advance(30_000);
  expect([member.source.status().connected, member.taken]).toEqual([true, ["gw-2"]]);
  await member.source.stop();
});

test("a broker that ends the connection at a shared subscription is tried twice, and then asked for every message", async () => {
  const rig = createSourceGroup();
  rig.broker.faults.subscribe = (filter) => {
    if (filter.startsWith("$share/")) rig.broker.cut();
    return true;
  };
  const member = rig.member("ingestor-1", automatic);
  await member.source.start(member.handlers);
  await rig.clock.advance(10_000);
  expect(member.source.status().connected).toBe(true);
  rig.publish("gw-1");
  await rig.clock.settle();
  expect(member.taken).toEqual(["gw-1"]);
  await member.source.stop();
});

function sourceAt(url: string, share: ShareWish, username?: string): BrokerSource {
  const inner = mqttConnector();
  const login = username === undefined ? undefined : () => ({ username, password: null });
  const connector: Connector = { connect: (options, signal) => inner.connect({ ...options, login }, signal) };
  const ports = { connector, clock: realClock, random: Math.random, log: keptLog() };
  return brokerSource(ports, { url, clientId: username ?? "ingestor-1", protocol: "auto", share });
}

function memorySubject(): SourceSubject {
  const { broker, member } = createSourceGroup();
  const receipts = mailOf(broker, "receipts", (text) => anyReceipt.parse(JSON.parse(text)));
  return {
    source: member("ingestor-1", required).source,
    send: async (gateway, kind, payload) =>
      broker.publish({ ...readingMessage(gateway), topic: gatewayTopics(gateway)[kind], payload }),
    nextReceipt: receipts.next,
    nextCommand: mailOf(broker, "commands", (text) => text).next,
    receiptsWaiting: receipts.waiting,
    afterRefusal: async () => undefined,
    stop: async () => broker.stop(),
  };
}
