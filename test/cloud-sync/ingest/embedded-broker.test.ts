import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { gatewayTopics } from "../../../cloud-sync/contract/topics.ts";
import { type BrokerLimits, brokerLimits } from "../../../cloud-sync/ingest/broker-limits.ts";
import {
  type EmbeddedBroker,
  type Publication,
  startEmbeddedBroker,
} from "../../../cloud-sync/ingest/embedded-broker.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import {
  connectPacket,
  heardMessage,
  joinAs,
  openPeer,
  packetTypes,
  pingPacket,
  publishPacket,
  subscribePacket,
} from "../../doubles/mqtt-peer.ts";

interface Stage {
  readonly broker: EmbeddedBroker;
  readonly taken: Publication[];
  readonly clock: VirtualClock;
}

const open: EmbeddedBroker[] = [];
const own = gatewayTopics("gw-1");
const connackOf = { accepted: 0, versionRefused: 1, idRefused: 2, unavailable: 3, notAuthorized: 5 };

afterEach(async () => {
  for (const broker of open.splice(0)) await broker.close();
});

async function stage(limits: Partial<BrokerLimits> = {}, role: "all" | "broker" = "all"): Promise<Stage> {
  const clock = createVirtualClock(0);
  const taken: Publication[] = [];
  const take = async (publication: Publication): Promise<void> => {
    taken.push(publication);
  };
  const ports = { clock, log: keptLog(), ...(role === "all" ? { take } : {}) };
  const broker = await startEmbeddedBroker({ host: "127.0.0.1", port: 0 }, { ...brokerLimits, ...limits }, ports);
  open.push(broker);
  return { broker, taken, clock };
}

/** The broker still serves whoever behaves. */
async function expectServing({ address }: EmbeddedBroker, id = "gw-good"): Promise<void> {
  const peer = await joinAs(address, id);
  peer.send(pingPacket());
  expect((await peer.next()).type).toBe(packetTypes.pingresp);
  peer.end();
  await peer.ended;
}

async function connackCode(broker: EmbeddedBroker, connectBytes: Uint8Array): Promise<number | undefined> {
  const peer = await openPeer(broker.address);
  peer.send(connectBytes);
  const code = (await peer.next()).body[1];
  if (code !== 0) await peer.ended;
  return code;
}

test("a CONNECT that does not come, or comes drop by drop, is not waited for", async () => {
  const { broker } = await stage({ connectTimeoutMs: 100 });
  const silent = await openPeer(broker.address);
  const slow = await openPeer(broker.address);
  const bytes = connectPacket("gw-1");
  let sent = 0;
  const dripping = setInterval(() => slow.send(bytes.subarray(sent, ++sent)), 20);
  await Promise.all([silent.ended, slow.ended]);
  clearInterval(dripping);
  expect(broker.counts().refused).toEqual({ "connect-timeout": 2 });
  await expectServing(broker);
});

test("connections beyond the bound are cut, and those that are there are not harmed", async () => {
  const { broker } = await stage({ connectionsMax: 3 });
  const members = [await joinAs(broker.address, "gw-1"), await joinAs(broker.address, "gw-2")];
  const third = await joinAs(broker.address, "gw-3");
  const fourth = await openPeer(broker.address);
  await fourth.ended;
  expect(broker.counts()).toMatchObject({ connections: 3, refused: { "too-many-connections": 1 } });
  third.end();
  await third.ended;
  for (const peer of members) {
    peer.send(pingPacket());
    expect((await peer.next()).type).toBe(packetTypes.pingresp);
  }
});

test("those who never say who they are cannot take every place", async () => {
  const { broker } = await stage({ pendingConnectionsMax: 2 });
  const member = await joinAs(broker.address, "gw-1");
  const silent = [await openPeer(broker.address), await openPeer(broker.address)];
  const third = await openPeer(broker.address);
  await third.ended;
  expect(broker.counts().refused["too-many-pending-connections"]).toBe(1);
  member.send(pingPacket());
  expect((await member.next()).type).toBe(packetTypes.pingresp);
  for (const peer of silent) peer.end();
  const newcomer = await retried(() => joinAs(broker.address, "gw-2"));
  newcomer.end();
});

test("a publish under another's id, or on no topic of the contract, ends the connection and is not taken", async () => {
  const { broker, taken } = await stage();
  const body = Buffer.from("{}");
  const wrong = [
    publishPacket(gatewayTopics("gw-2").readings, body),
    publishPacket(own.receipts, body),
    publishPacket(own.readings, body, { retain: true }),
    publishPacket("$SYS/x", body),
    publishPacket("carepost/v1/gw-1/readings/x", body),
    publishPacket(`${"a/".repeat(200)}a`, body),
    publishPacket("", body),
  ];
  for (const packet of wrong) {
    const peer = await joinAs(broker.address, "gw-1");
    peer.send(packet);
    await peer.ended;
  }
  expect(taken).toEqual([]);
  await expectServing(broker);
});

test("a gateway that subscribes to more than its own is refused, and goes on", async () => {
  const { broker } = await stage();
  const peer = await joinAs(broker.address, "gw-1");
  const filters = ["#", "carepost/v1/+/receipts", gatewayTopics("gw-2").receipts, "$SYS/#", own.receipts];
  peer.send(subscribePacket(1, ...filters));
  expect([...(await peer.next()).body]).toEqual([0, 1, 0x80, 0x80, 0x80, 0x80, 1]);
  expect(broker.counts().refused["subscribe-refused"]).toBe(4);
  expect(broker.deliver("gw-1", "receipts", Buffer.from("mine"))).toBe(true);
  expect(heardMessage(await peer.next())).toMatchObject({ topic: own.receipts, payload: "mine" });
  expect(broker.deliver("gw-1", "commands", Buffer.from("not subscribed"))).toBe(false);
  expect(broker.deliver("gw-2", "receipts", Buffer.from("not there"))).toBe(false);
});

test("who is nobody is told so at CONNECT", async () => {
  const { broker } = await stage();
  for (const id of ["", "#", "a/b", "ingestor-1", "g".repeat(65)]) {
    expect([id, await connackCode(broker, connectPacket(id))]).toEqual([id, connackOf.idRefused]);
  }
  const will = { topic: gatewayTopics("gw-2").state, payload: "{}", retain: true };
  expect(await connackCode(broker, connectPacket("gw-1", { will }))).toBe(connackOf.notAuthorized);
  expect(broker.counts().refused).toMatchObject({ "client-id-refused": 5, "will-refused": 1 });
});

test("a client that tries MQTT 5 is told the version, which is no misuse", async () => {
  const { broker } = await stage();
  const peer = await openPeer(broker.address);
  peer.send(Buffer.from([0x10, 17, 0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 30, 0, 0, 4, 0x67, 0x77, 0x2d, 0x31]));
  expect((await peer.next()).body[1]).toBe(connackOf.versionRefused);
  await peer.ended;
  expect(broker.counts().refused).toEqual({});
});

test("an id is taken over only from a connection that is not young", async () => {
  const { broker, clock } = await stage();
  const first = await joinAs(broker.address, "gw-1");
  expect(await connackCode(broker, connectPacket("gw-1"))).toBe(connackOf.unavailable);
  first.send(pingPacket());
  expect((await first.next()).type).toBe(packetTypes.pingresp);
  await clock.advance(5000);
  const second = await joinAs(broker.address, "gw-1");
  await first.ended;
  second.send(pingPacket());
  expect((await second.next()).type).toBe(packetTypes.pingresp);
  expect(broker.counts()).toMatchObject({ connections: 1, refused: { "client-id-in-use": 1 } });
});

test("a gateway that leaves by itself can come back at once", async () => {
  const { broker } = await stage();
  for (let n = 0; n < 5; n += 1) await expectServing(broker, "gw-1");
  expect(broker.counts().refused).toEqual({});
});

test("a last will is taken as the gateway's state when its connection breaks", async () => {
  const { broker, taken } = await stage();
  const peer = await openPeer(broker.address);
  peer.send(connectPacket("gw-1", { will: { topic: own.state, payload: "gone", retain: true } }));
  await peer.next();
  peer.end();
  await until(() => taken.length > 0);
  expect(taken.map(({ kind, payload }) => `${kind} ${Buffer.from(payload).toString()}`)).toEqual(["state gone"]);
});

test("a keep-alive that is off or too long is bounded, so that a dead peer is found", async () => {
  const { broker } = await stage({ keepAliveMaxS: 1 });
  const peers = [0, 65_535].map(async (keepAliveS) => {
    const peer = await openPeer(broker.address);
    peer.send(connectPacket(`gw-${keepAliveS}`, { keepAliveS }));
    await peer.next();
    return peer.ended;
  });
  await Promise.all(peers);
  expect(broker.counts().refused["keep-alive-timeout"]).toBe(2);
});

test("no session is kept, whatever a client asks for", async () => {
  const { broker } = await stage();
  for (let n = 0; n < 2; n += 1) {
    const peer = await openPeer(broker.address);
    peer.send(connectPacket("gw-1", { clean: false }), subscribePacket(1, own.receipts));
    expect([...(await peer.next()).body]).toEqual([0, connackOf.accepted]);
    peer.end();
    await peer.ended;
    await until(() => broker.counts().connections === 0);
  }
});

test("a gateway that does not read its receipts holds up nobody else", async () => {
  const { broker } = await stage();
  const reader = await joinAs(broker.address, "gw-reader");
  reader.send(subscribePacket(1, gatewayTopics("gw-reader").receipts));
  await reader.next();
  const deaf = connect(broker.address);
  deaf.on("error", () => undefined);
  deaf.pause();
  deaf.write(Buffer.concat([connectPacket("gw-deaf"), subscribePacket(1, gatewayTopics("gw-deaf").receipts)]));
  const large = Buffer.alloc(60_000, 0x20);
  await until(() => broker.deliver("gw-deaf", "receipts", large));
  await until(() => !broker.deliver("gw-deaf", "receipts", large));
  expect(broker.counts().refused["receipt-unread"]).toBe(1);
  expect(broker.deliver("gw-reader", "receipts", Buffer.from("read me"))).toBe(true);
  expect(heardMessage(await reader.next()).payload).toBe("read me");
  deaf.destroy();
});

test("where the broker runs alone an ingestor hears all gateways, and retained states reach it later", async () => {
  const { broker } = await stage({}, "broker");
  const gateway = await joinAs(broker.address, "gw-1");
  gateway.send(publishPacket(own.state, Buffer.from("online"), { retain: true }));
  expect((await gateway.next()).type).toBe(packetTypes.puback);
  const ingestor = await joinAs(broker.address, "ingestor-1");
  ingestor.send(subscribePacket(1, "carepost/v1/+/readings", "carepost/v1/+/state", "#"));
  expect([...(await ingestor.next()).body]).toEqual([0, 1, 1, 1, 0x80]);
  expect(heardMessage(await ingestor.next())).toMatchObject({ topic: own.state, payload: "online" });
  gateway.send(publishPacket(own.readings, Buffer.from("batch"), { packetId: 2 }));
  expect(heardMessage(await ingestor.next())).toMatchObject({ topic: own.readings, payload: "batch" });
});

/** The broker learns of a connection's end a moment after its peer. */
async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let n = 0; n < 100; n += 1) {
    const outcome = await attempt().then(
      (value) => ({ value }),
      () => null,
    );
    if (outcome !== null) return outcome.value;
  }
  return attempt();
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error("it did not come to pass");
    await new Promise((resolve) => setImmediate(resolve));
  }
}
