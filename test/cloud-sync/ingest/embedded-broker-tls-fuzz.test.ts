import { setTimeout } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { expect, test } from "vitest";
import { gatewayTopics } from "../../../cloud-sync/contract/topics.ts";
import { seededRandom } from "../../../simulators/random.ts";
import { type FuzzedBroker, type PlantedFault, startFuzzedBroker } from "../../doubles/fuzzed-broker.ts";
import { fuzzSession } from "../../doubles/mqtt-fuzz.ts";
import { playFuzzSession } from "../../doubles/mqtt-fuzz-run.ts";
import { joinAs, packetTypes, publishPacket } from "../../doubles/mqtt-peer.ts";
import { testAuthority } from "../../doubles/test-authority.ts";

/** Half a packet gets no answer: after this time a session goes on without one. */
const answerMs = 250;
const lanes = 8;
const seed = 20_261;

interface Outcome {
  readonly crashed: boolean;
  /** Acknowledged to the good gateway, and not taken. */
  readonly lost: readonly string[];
  /** Taken under a name that did not say it. */
  readonly impostors: readonly string[];
  readonly refused: Readonly<Record<string, number>>;
}

/** Attacks a broker from several gateways whose certificates are good, while a well-behaved one sends readings. */
async function attack(fault: PlantedFault, sessionsPerLane: number): Promise<Outcome> {
  const broker = await startFuzzedBroker(fault);
  const crash = broker.died.then(() => "crashed" as const);
  const work = Promise.all([
    sendReadings(broker, sessionsPerLane * 2),
    ...Array.from({ length: lanes }, (_, lane) => hostileLane(broker, lane, sessionsPerLane)),
  ]);
  const ended = await Promise.race([work.catch(() => crash), crash]);
  if (ended === "crashed") return { crashed: true, lost: [], impostors: [], refused: {} };
  const taken = await broker.taken();
  const [acknowledged] = ended;
  const own = new Set(taken);
  const outcome = {
    crashed: false,
    lost: acknowledged.filter((text) => !own.has(`gw-good ${text}`)),
    impostors: taken.filter((text) => /^(\S+) fuzz-/.test(text) && !/^(fuzz-\d+) \1$/.test(text)),
    refused: await broker.refused(),
  };
  await broker.stop();
  return outcome;
}

/** Answers what was acknowledged. */
async function sendReadings(broker: FuzzedBroker, count: number): Promise<readonly string[]> {
  const tls = await (await testAuthority()).gateway("gw-good");
  const peer = await joinAs({ host: broker.host, port: broker.port, tls }, "gw-good");
  const acknowledged: string[] = [];
  for (let n = 1; n <= count; n += 1) {
    peer.send(publishPacket(gatewayTopics("gw-good").readings, Buffer.from(`reading-${n}`), { packetId: n }));
    const { type, body } = await peer.next();
    if (type === packetTypes.puback && body.readUInt16BE(0) === n) acknowledged.push(`reading-${n}`);
  }
  peer.end();
  return acknowledged;
}

async function hostileLane({ host, port }: FuzzedBroker, lane: number, sessions: number): Promise<void> {
  const { ca, cert, key } = await (await testAuthority()).gateway(`fuzz-${lane}`);
  const random = seededRandom(seed + lane);
  for (let n = 0; n < sessions; n += 1) {
    const socket = connectTls({ host, port, ca, cert, key });
    await playFuzzSession(socket, fuzzSession(lane, random), () => setTimeout(answerMs));
  }
}

test("hostile sessions over good certificates neither end the broker, nor lose a reading, nor speak for another", async () => {
  const { crashed, lost, impostors, refused } = await attack("none", 60);
  expect({ crashed, lost, impostors }).toEqual({ crashed: false, lost: [], impostors: [] });
  // Each of these was reached, or the sessions do not go where they are meant to.
  expect(Object.keys(refused)).toEqual(
    expect.arrayContaining(["first-packet-not-connect", "second-connect", "publish-refused", "subscribe-refused"]),
  );
});

test("the same sessions find a broker that crashes, and one that loses what it acknowledged", async () => {
  expect(await attack("crash", 60)).toMatchObject({ crashed: true });
  const { crashed, lost } = await attack("lost-reading", 10);
  expect(crashed).toBe(false);
  expect(lost.length).toBeGreaterThan(0);
});
