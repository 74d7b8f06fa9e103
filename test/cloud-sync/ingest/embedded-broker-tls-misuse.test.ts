import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { gatewayTopics } from "../../../cloud-sync/contract/topics.ts";
import type { RefusalReason } from "../../../cloud-sync/ingest/refusal-reason.ts";
import {
  connectPacket,
  fixedHeader,
  joinAs,
  type MqttPeer,
  openPeer,
  packetTypes,
  type PeerAddress,
  pingPacket,
  publishPacket,
} from "../../doubles/mqtt-peer.ts";
import { testAuthority } from "../../doubles/test-authority.ts";
import { startTlsBroker, type TlsBroker, type TlsBrokerOptions } from "../../doubles/tls-broker.ts";

/** What the ill-behaved may do, and how to see what came of it. */
interface Stage extends TlsBroker {
  /** How whoever has this certificate reaches the broker. */
  readonly as: (gateway: string) => Promise<PeerAddress>;
  /** Publishes as the good gateway, and expects that it is acknowledged and taken. */
  readonly goodGoesOn: () => Promise<void>;
}

/** Runs the misuse beside a good gateway, which is served before, meanwhile and after it, and loses nothing. */
async function besideGood(options: TlsBrokerOptions, misuse: (stage: Stage) => Promise<void>): Promise<void> {
  const started = await startTlsBroker(options);
  const authority = await testAuthority();
  const good = await joinAs(started.at(await authority.gateway("gw-good")), "gw-good");
  let sent = 0;
  const goodGoesOn = async (): Promise<void> => {
    sent += 1;
    good.send(publishPacket(gatewayTopics("gw-good").readings, Buffer.from(String(sent)), { packetId: sent }));
    expect(await good.next()).toMatchObject({ type: packetTypes.puback });
  };
  const as = async (gateway: string): Promise<PeerAddress> => started.at(await authority.gateway(gateway));
  await goodGoesOn();
  await misuse({ ...started, as, goodGoesOn });
  await goodGoesOn();
  const taken = started.taken.filter(({ gateway }) => gateway === "gw-good");
  expect(taken.map(({ payload }) => Buffer.from(payload).toString())).toEqual(
    Array.from({ length: sent }, (_, index) => String(index + 1)),
  );
  await started.broker.close();
}

/** How often the broker refused for this reason, and how many lines of its log say so: one, however often it was. */
function told({ broker, log }: Stage, reason: RefusalReason): { readonly refused: number; readonly lines: number } {
  const lines = log.lines.filter(({ event, fields }) => event === "broker-refused" && fields["reason"] === reason);
  return { refused: broker.counts().refused[reason] ?? 0, lines: lines.length };
}

const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once("close", () => resolve()));

function silentSocket({ broker }: Stage): Socket {
  const socket = connect(broker.address);
  socket.on("error", () => undefined);
  return socket;
}

test("10 MB in one packet are cut off at their announcement", async () => {
  await besideGood({}, async (stage) => {
    const greedy = await joinAs(await stage.as("gw-1"), "gw-1");
    greedy.send(fixedHeader(0x32, 10_000_000), Buffer.alloc(1_000_000));
    await greedy.ended;
    expect(told(stage, "packet-too-large")).toEqual({ refused: 1, lines: 1 });
    expect(stage.log.lines.at(-1)?.fields).toMatchObject({ gateway: "gw-1" });
  });
});

test("a flood of packets ends the connection that they come by", async () => {
  await besideGood({ limits: { packetsPerSMax: 500 } }, async (stage) => {
    const { readings } = gatewayTopics("gw-1");
    const floods: readonly Uint8Array[] = [publishPacket(readings, Buffer.from("x")), pingPacket()];
    for (const packet of floods) {
      const flooder = await joinAs(await stage.as("gw-1"), "gw-1");
      flooder.send(...Array.from({ length: 600 }, () => packet));
      await stage.goodGoesOn();
      await flooder.ended;
    }
    expect(told(stage, "packet-flood")).toEqual({ refused: 2, lines: 1 });
  });
});

test("a flood of handshakes is cut before it costs anything, and passes", async () => {
  await besideGood({ limits: { handshakesPerSMax: 2 } }, async (stage) => {
    const address = await stage.as("gw-1");
    const attempts = Array.from({ length: 80 }, () => openPeer(address).catch(() => null));
    await stage.goodGoesOn();
    for (const peer of await Promise.all(attempts)) peer?.end();
    const flood = told(stage, "too-many-handshakes");
    expect(flood.refused).toBeGreaterThan(30);
    expect(flood.lines).toBe(1);
    await expect
      .poll(
        () =>
          joinAs(address, "gw-1").then(
            (peer) => peer.end(),
            () => "refused",
          ),
        { timeout: 30_000 },
      )
      .toBeUndefined();
  });
});

test("a flood of strangers' certificates is refused each time, and told once", async () => {
  await besideGood({}, async (stage) => {
    const { ca } = await testAuthority();
    const nobody = stage.at({ ca, cert: null, key: null });
    const peers = await Promise.all(Array.from({ length: 30 }, () => openPeer(nobody)));
    await stage.goodGoesOn();
    await Promise.all(peers.map((peer) => peer.ended));
    expect(told(stage, "certificate-missing")).toEqual({ refused: 30, lines: 1 });
  });
});

test("a handshake that does not come, or comes drop by drop, is not waited for", async () => {
  await besideGood({ limits: { handshakeTimeoutMs: 300 } }, async (stage) => {
    const [silent, slow] = [silentSocket(stage), silentSocket(stage)];
    // The beginning of a TLS record with a client hello of 512 octets, one octet at a time.
    const hello = Buffer.concat([Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252]), Buffer.alloc(503)]);
    let sent = 0;
    const dripping = setInterval(() => slow.write(hello.subarray(sent, ++sent)), 20);
    await stage.goodGoesOn();
    await Promise.all([closed(silent), closed(slow)]);
    clearInterval(dripping);
    expect(told(stage, "handshake-timeout")).toEqual({ refused: 2, lines: 1 });
  });
});

test("those who never finish a handshake cannot take every place", async () => {
  await besideGood({ limits: { pendingConnectionsMax: 2 } }, async (stage) => {
    const silent = [silentSocket(stage), silentSocket(stage)];
    await Promise.all(silent.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
    await stage.goodGoesOn();
    await closed(silentSocket(stage));
    expect(told(stage, "too-many-pending-connections")).toEqual({ refused: 1, lines: 1 });
    for (const socket of silent) socket.destroy();
    const address = await stage.as("gw-1");
    const joined = (): Promise<MqttPeer | null> => joinAs(address, "gw-1").catch(() => null);
    await expect.poll(joined).not.toBeNull();
  });
});

test("a handshake that is no CONNECT afterwards is not waited for either", async () => {
  await besideGood({ limits: { connectTimeoutMs: 200 } }, async (stage) => {
    const peer = await openPeer(await stage.as("gw-1"));
    await stage.goodGoesOn();
    await peer.ended;
    expect(told(stage, "connect-timeout")).toEqual({ refused: 1, lines: 1 });
  });
});

test("of two connections with one id the second is told to come later, and the first goes on", async () => {
  await besideGood({}, async (stage) => {
    const address = await stage.as("gw-1");
    const first = await joinAs(address, "gw-1");
    const second = await openPeer(address);
    second.send(connectPacket("gw-1"));
    expect([...(await second.next()).body]).toEqual([0, 3]);
    await second.ended;
    first.send(pingPacket());
    expect((await first.next()).type).toBe(packetTypes.pingresp);
    expect(told(stage, "client-id-in-use")).toEqual({ refused: 1, lines: 1 });
  });
});

test("a client that is turned away and does not hang up is hung up on", async () => {
  await besideGood({}, async (stage) => {
    const { ca } = await testAuthority();
    const peer = await openPeer(stage.at({ ca, cert: null, key: null }));
    const talking = setInterval(() => peer.send(Buffer.alloc(10_000)), 10);
    await peer.ended;
    clearInterval(talking);
    expect(told(stage, "certificate-missing")).toEqual({ refused: 1, lines: 1 });
  });
});
