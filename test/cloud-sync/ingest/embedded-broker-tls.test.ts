import { X509Certificate } from "node:crypto";
import { connect as connectTls } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { gatewayTopics } from "../../../cloud-sync/contract/topics.ts";
import { startEmbeddedBroker } from "../../../cloud-sync/ingest/embedded-broker.ts";
import { brokerLimits } from "../../../cloud-sync/ingest/broker-limits.ts";
import { ingestErrors } from "../../../cloud-sync/ingest/ingest-error.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import {
  connectPacket,
  joinAs,
  type MqttPeer,
  openPeer,
  packetTypes,
  type PeerAddress,
  pingPacket,
  publishPacket,
  subscribePacket,
} from "../../doubles/mqtt-peer.ts";
import { realClock } from "../../doubles/real-clock.ts";
import { otherTestAuthority, testAuthority } from "../../doubles/test-authority.ts";
import { startTlsBroker, type TlsBroker, type TlsBrokerOptions } from "../../doubles/tls-broker.ts";

const open: TlsBroker[] = [];
const notAuthorized = 5;

afterEach(async () => {
  for (const { broker } of open.splice(0)) await broker.close();
});

async function stage(options: TlsBrokerOptions = {}): Promise<TlsBroker> {
  const started = await startTlsBroker(options);
  open.push(started);
  return started;
}

/** What a peer is told that asks to be let in, before its connection is over. */
async function answerTo(address: PeerAddress, clientId: string): Promise<number | undefined> {
  const peer = await openPeer(address);
  peer.send(connectPacket(clientId));
  const { body } = await peer.next();
  await peer.ended;
  return body[1];
}

async function expectServed(peer: MqttPeer): Promise<void> {
  peer.send(pingPacket());
  expect((await peer.next()).type).toBe(packetTypes.pingresp);
}

test("each certificate that is no good is refused, counted and logged, and the gateway beside it is served", async () => {
  const { broker, log, at } = await stage();
  const [authority, other] = [await testAuthority(), await otherTestAuthority()];
  const good = await joinAs(at(await authority.gateway("gw-good")), "gw-good");
  const stranger = await other.gateway("gw-1");
  const bad = {
    "certificate-expired": await authority.gateway("gw-1", { fromDays: -60, days: 30 }),
    "certificate-not-yet-valid": await authority.gateway("gw-1", { fromDays: 10 }),
    "certificate-untrusted": { ...stranger, ca: authority.ca },
    "certificate-missing": { ca: authority.ca, cert: null, key: null },
    "certificate-purpose-wrong": await authority.server(),
  };
  for (const [reason, material] of Object.entries(bad)) {
    expect([reason, await answerTo(at(material), "gw-1")]).toEqual([reason, notAuthorized]);
    expect(broker.counts().refused).toMatchObject({ [reason]: 1 });
    expect(log.lines).toContainEqual(
      expect.objectContaining({ event: "broker-refused", fields: { reason, rejected: 1, gateway: null } }),
    );
    await expectServed(good);
  }
  expect(broker.counts().connections).toBe(1);
  good.end();
});

test("a certificate opens the door to its own name alone", async () => {
  const { broker, log, at } = await stage({ role: "broker" });
  const authority = await testAuthority();
  const gateway = await authority.gateway("gw-1");
  expect(await answerTo(at(gateway), "gw-2")).toBe(notAuthorized);
  expect(await answerTo(at(gateway), "ingestor-a")).toBe(notAuthorized);
  expect(await answerTo(at(await authority.ingestor("a")), "gw-1")).toBe(notAuthorized);
  expect(await answerTo(at(await authority.ingestor("a")), "ingestor-b")).toBe(notAuthorized);
  expect(broker.counts().refused).toEqual({ "client-id-not-certified": 4 });
  expect(log.lines[0]?.fields).toMatchObject({ reason: "client-id-not-certified", gateway: "gw-1" });
  // A gateway's certificate for the name of an ingestor: the alternative name says what it is.
  expect(await answerTo(at(await authority.gateway("ingestor-a")), "ingestor-a")).toBe(notAuthorized);
  expect(broker.counts().refused).toMatchObject({ "certificate-nobody": 1 });
  const ingestor = await joinAs(at(await authority.ingestor("a")), "ingestor-a");
  ingestor.send(subscribePacket(1, "carepost/v1/+/readings"));
  expect([...(await ingestor.next()).body]).toEqual([0, 1, 1]);
});

test("a gateway that oversteps its topics is refused, counted under its certified name, and gains nothing", async () => {
  const { broker, taken, log, at } = await stage();
  const authority = await testAuthority();
  const other = gatewayTopics("gw-2");
  const curious = await joinAs(at(await authority.gateway("gw-1")), "gw-1");
  curious.send(subscribePacket(1, "#", "$SYS/#", "+", "carepost/v1/+/receipts", other.receipts));
  expect([...(await curious.next()).body]).toEqual([0, 1, 0x80, 0x80, 0x80, 0x80, 0x80]);
  curious.send(publishPacket(other.readings, Buffer.from("{}")));
  await curious.ended;
  expect(taken).toEqual([]);
  expect(broker.counts().refused).toEqual({ "subscribe-refused": 5, "publish-refused": 1 });
  for (const reason of ["subscribe-refused", "publish-refused"]) {
    expect(log.lines.map(({ fields }) => fields)).toContainEqual({ reason, rejected: 1, gateway: "gw-1" });
  }
});

test("a broker without certificates stays on loopback, and one with unfit ones does not start", async () => {
  const authority = await testAuthority();
  const [server, other] = [await authority.server(), await authority.server()];
  const start = (host: string, tls?: TlsBrokerOptions["tls"]): Promise<unknown> =>
    startEmbeddedBroker({ host, port: 0 }, brokerLimits, {
      clock: realClock,
      log: keptLog(),
      ...(tls === undefined ? {} : { tls: { material: () => server, ...tls } }),
    });
  const unusable = expect.toSatisfy((error) => ingestErrors.is(error, "broker-certificate-unusable"));
  await expect(start("0.0.0.0")).rejects.toSatisfy((error) => ingestErrors.is(error, "listen-refused"));
  await expect(start("127.0.0.1", { material: () => ({ ...server, key: other.key }) })).rejects.toEqual(unusable);
  await expect(start("127.0.0.1", { material: () => ({ ...server, ca: null }) })).rejects.toEqual(unusable);
  await expect(start("127.0.0.1", { material: () => ({ ...server, cert: "none" }) })).rejects.toEqual(unusable);
});

test("TLS older than 1.3, and what is no TLS at all, is refused", async () => {
  const { broker, at } = await stage();
  const { ca, cert, key } = await (await testAuthority()).gateway("gw-1");
  const old = connectTls({ ...broker.address, ca, cert, key, maxVersion: "TLSv1.2" });
  const error = await new Promise((resolve) => old.once("error", resolve));
  expect(error).toMatchObject({ code: expect.stringMatching(/PROTOCOL_VERSION|EPROTO/) });
  const plain = await openPeer(broker.address);
  plain.send(connectPacket("gw-1"));
  await plain.ended;
  expect(broker.counts().refused).toEqual({ "handshake-failed": 2 });
  await expectServed(await joinAs(at({ ca, cert, key }), "gw-1"));
});

test("a renewed certificate is served within moments, no connection is dropped, and an unfit one is not taken", async () => {
  const authority = await testAuthority();
  const [first, second] = [await authority.server(), await authority.server()];
  let current = first;
  const { log, at } = await stage({ tls: { material: () => current } });
  const gateway = await authority.gateway("gw-1");
  const peer = await joinAs(at(gateway), "gw-1");
  const events = (): readonly string[] => log.lines.map(({ event }) => event);
  current = { ...second, key: first.key };
  await expect.poll(events).toContain("broker-certificate-kept");
  expect(await servedCertificate(at(gateway))).toBe(serialOf(first.cert));
  current = second;
  await expect.poll(events).toContain("broker-certificate-renewed");
  expect(await servedCertificate(at(gateway))).toBe(serialOf(second.cert));
  await expectServed(peer);
});

test("a connection does not outlive its certificate", async () => {
  const clock = createVirtualClock(Date.now());
  const { broker, at } = await stage({ clock });
  const authority = await testAuthority();
  const short = await joinAs(at(await authority.gateway("gw-1", { days: 1 / 24 })), "gw-1");
  const long = await joinAs(at(await authority.gateway("gw-2")), "gw-2");
  await clock.advance(3_602_000);
  await short.ended;
  expect(broker.counts().refused).toEqual({ "certificate-expired": 1 });
  await expectServed(long);
});

async function servedCertificate({ host, port, tls }: PeerAddress): Promise<string | undefined> {
  const { ca, cert, key } = tls ?? { ca: null, cert: null, key: null };
  const socket = connectTls({ host, port, ca: ca ?? "", cert: cert ?? "", key: key ?? "" });
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  const serial = socket.getPeerX509Certificate()?.serialNumber;
  socket.on("error", () => undefined);
  socket.destroy();
  return serial;
}

const serialOf = (pem: string): string => new X509Certificate(pem).serialNumber;
