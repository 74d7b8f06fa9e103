import { connect, createServer } from "node:net";
import { Aedes } from "aedes";
import { expect, test } from "vitest";
import { brokerLimits } from "../../../cloud-sync/ingest/broker-limits.ts";
import { startEmbeddedBroker } from "../../../cloud-sync/ingest/embedded-broker.ts";
import { seededRandom } from "../../../simulators/random.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { type FuzzSession, fuzzSession } from "../../doubles/mqtt-fuzz.ts";
import { playFuzzSession, turnsForAnAnswer } from "../../doubles/mqtt-fuzz-run.ts";
import { joinAs, packetTypes, pingPacket } from "../../doubles/mqtt-peer.ts";
import { realClock } from "../../doubles/real-clock.ts";

const seed = 20_260;
type Address = { readonly host: string; readonly port: number };

test("thousands of hostile sessions neither end the broker nor get anything past its rules", async () => {
  const impostors: string[] = [];
  let taken = 0;
  const ports = {
    clock: realClock,
    log: keptLog(),
    take: async ({ gateway, payload }: { readonly gateway: string; readonly payload: Uint8Array }): Promise<void> => {
      taken += 1;
      const said = Buffer.from(payload).toString();
      if (said.startsWith("fuzz-") && said !== gateway) impostors.push(`${said} as ${gateway}`);
    },
  };
  const broker = await startEmbeddedBroker({ host: "127.0.0.1", port: 0 }, brokerLimits, ports);
  await attack(broker.address, 3000);
  expect(impostors).toEqual([]);
  const { refused } = broker.counts();
  // Each of these was reached, or the sessions do not go where they are meant to.
  const reached = ["first-packet-not-connect", "second-connect", "packet-type-refused", "packet-too-large"].concat([
    "qos-refused",
    "publish-refused",
    "subscribe-refused",
    "protocol-error",
  ]);
  expect(Object.keys(refused)).toEqual(expect.arrayContaining(reached));
  expect(taken).toBeGreaterThan(50);
  const peer = await joinAs(broker.address, "gw-good");
  peer.send(pingPacket());
  expect((await peer.next()).type).toBe(packetTypes.pingresp);
  expect(broker.counts().connections).toBe(1);
  await broker.close();
});

test("the same sessions find the impostors of a broker without rules, so the search can find", async () => {
  let impostors = 0;
  const aedes = await Aedes.createBroker({
    authorizePublish: (_client, { topic, payload }, callback) => {
      const said = payload.toString();
      if (said.startsWith("fuzz-") && !topic.startsWith(`carepost/v1/${said}/`)) impostors += 1;
      callback(null);
    },
  });
  const server = createServer((socket) => void aedes.handle(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  const port = bound !== null && typeof bound === "object" ? bound.port : 0;
  await attack({ host: "127.0.0.1", port }, 1000);
  expect(impostors).toBeGreaterThan(10);
  server.close();
  await new Promise<void>((resolve) => aedes.close(resolve));
});

async function attack(address: Address, sessions: number): Promise<void> {
  const random = seededRandom(seed);
  for (let from = 0; from < sessions; from += 100) {
    const group = Array.from({ length: 100 }, (_, n) => fuzzSession(from + n, random));
    const play = (session: FuzzSession): Promise<void> =>
      playFuzzSession(connect({ ...address, noDelay: true }), session, turnsForAnAnswer);
    await Promise.all(group.map(play));
  }
}
