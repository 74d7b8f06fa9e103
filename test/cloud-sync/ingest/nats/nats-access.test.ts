import { afterAll, beforeAll, expect, test } from "vitest";
import { gatewayTopics } from "../../../../cloud-sync/contract/topics.ts";
import { natsSource } from "../../../../cloud-sync/ingest/nats/nats-source.ts";
import { natsUsersConf } from "../../../../cloud-sync/ingest/nats/server-users.ts";
import type { SourceHandlers } from "../../../../cloud-sync/ingest/source.ts";
import type { BrokerSource } from "../../../../cloud-sync/ingest/broker-source.ts";
import type { BrokerConnection } from "../../../../cloud-sync/mqtt/connection.ts";
import { mqttConnector } from "../../../../cloud-sync/mqtt/mqttjs-connection.ts";
import { seededRandom } from "../../../../simulators/random.ts";
import { type KeptLog, keptLog } from "../../../doubles/kept-log.ts";
import { type NatsCluster, startNats } from "../../../doubles/nats-cluster.ts";
import { type IssuedFiles, opensslAuthority } from "../../../doubles/openssl-certificates.ts";
import { realClock } from "../../../doubles/real-clock.ts";
import { until } from "./fleet.ts";

/** A server as in production: certificates on both ports, and the users that this project generates. */
const authority = opensslAuthority();
const identities = new Map<string, IssuedFiles>();
const taken: string[] = [];
let cluster: NatsCluster;
let source: BrokerSource;

beforeAll(async () => {
  for (const name of ["server", "ingestor-1", "ingestor-2", "gw-1", "gw-2", "stranger"])
    identities.set(name, authority.issue(name));
  const server = identityOf("server");
  const files = { cert_file: server.certFile, key_file: server.keyFile, ca_file: authority.caFile };
  const tls = `tls ${JSON.stringify({ ...files, verify_and_map: true })}`;
  const written = natsUsersConf({ gateways: ["gw-1", "gw-2"], ingestors: ["ingestor-1", "ingestor-2"] });
  // The second one's user was written before there was more to hear.
  const users = written
    .split("\n")
    .map((line) =>
      line.includes("CN=ingestor-2") ? line.replace(/,"carepost\.v1\.\*\.(?:state|results)"/g, "") : line,
    )
    .join("\n");
  const accounts = `accounts { CAREPOST { jetstream: enabled, ${users} } }`;
  cluster = await startNats({ size: 1, settings: [tls, accounts], mqttSettings: [tls] });
  source = sourceAs("ingestor-1", keptLog());
  await source.start(handlersInto(taken));
});

function sourceAs(clientId: string, log: KeptLog): BrokerSource {
  const url = cluster.url.replace("nats:", "tls:");
  const mqttUrl = cluster.mqttUrl.replace("mqtt:", "mqtts:");
  const ports = { connector: mqttConnector(), clock: realClock, random: seededRandom(1), log };
  return natsSource(ports, { url, mqttUrl, clientId, tls: identityOf(clientId).material });
}

const handlersInto = (entries: string[]): SourceHandlers => ({
  batch: async (gateway, [first = 0]) => {
    entries.push(`${gateway} ${first}`);
    return { v: 1, batch: `b${first}`, stored: [[0, 0]], duplicate: [], rejected: [], at: 1 };
  },
  event: async () => null,
  state: (gateway) => void entries.push(`${gateway} state`),
  result: (gateway, [first = 0]) => void entries.push(`${gateway} result ${first}`),
});

afterAll(async () => {
  await source.stop();
  await cluster.stop();
  authority.remove();
});

test("an ingestor and gateways with certificates deliver and hear their receipts, at QoS 0", async () => {
  expect(source.status().connected).toBe(true);
  const heard: string[] = [];
  const gateway = await joinWith("gw-1");
  gateway.onMessage(({ topic }) => heard.push(topic));
  await gateway.subscribe(gatewayTopics("gw-1").receipts, 0);
  await publish(gateway, gatewayTopics("gw-1").readings, 1);
  await until(() => heard.length > 0, "the receipt comes");
  expect([heard, taken.includes("gw-1 1")]).toEqual([[gatewayTopics("gw-1").receipts], true]);
  await gateway.close();
});

test("an ingestor may ask something of a gateway, which hears what is for it alone", async () => {
  const heard: string[] = [];
  const gateway = await joinWith("gw-1");
  gateway.onMessage(({ topic, payload }) => heard.push(`${topic} ${new TextDecoder().decode(payload)}`));
  await gateway.subscribe(gatewayTopics("gw-1").commands, 0);
  for (const name of ["gw-2", "gw-1"]) {
    const message = { payload: new TextEncoder().encode(name), contentType: "text/plain" };
    expect(await source.command(name, message)).toBe(true);
  }
  await until(() => heard.length > 0, "the command comes");
  expect(heard).toEqual([`${gatewayTopics("gw-1").commands} gw-1`]);
  await gateway.close();
});

test("what is heard by all comes once to each, and of an older user its share", { timeout: 60_000 }, async () => {
  const log = keptLog();
  const older = sourceAs("ingestor-2", log);
  const heardByOlder: string[] = [];
  await older.start(handlersInto(heardByOlder));
  const gateway = await joinWith("gw-1");
  const results = (entries: readonly string[]): readonly string[] =>
    entries.filter((entry) => entry.startsWith("gw-1 result"));
  const numbers: number[] = [];
  // Whose turn it is the server decides.
  for (let number = 30; number < 250 && results(heardByOlder).length === 0; number += 1) {
    numbers.push(number);
    await publish(gateway, gatewayTopics("gw-1").results, number);
    await until(() => results(taken).includes(`gw-1 result ${number}`), "it is heard");
  }
  expect(results(heardByOlder)).not.toEqual([]);
  expect(log.lines.filter(({ event }) => event === "ingest-hears-its-share")).toHaveLength(1);
  await older.stop();
  await publish(gateway, gatewayTopics("gw-1").results, 255);
  await until(() => results(taken).includes("gw-1 result 255"), "the last one is heard");
  expect(results(taken)).toEqual([...numbers, 255].map((number) => `gw-1 result ${number}`));
  await gateway.close();
});

test("who has no certificate, or one that no user stands for, is not let in", async () => {
  await expect(joinWith("stranger")).rejects.toMatchObject({ name: "CarepostError" });
  const url = cluster.mqttUrl.replace("mqtt:", "mqtts:");
  const ca = identityOf("gw-1").material().ca;
  const nobody = { ...connectOptions("gw-1"), url, tls: () => ({ ca, cert: null, key: null }) };
  await expect(mqttConnector().connect(nobody, new AbortController().signal)).rejects.toMatchObject({
    name: "CarepostError",
  });
});

test("a gateway hears nothing that is another's, nor the server's own, nor anything at QoS 1", async () => {
  const gateway = await joinWith("gw-1");
  const foreign = [gatewayTopics("gw-2").receipts, "#", "carepost/v1/+/readings", "$MQTT/msgs/#", "$JS/API/#"];
  for (const filter of foreign)
    await expect(gateway.subscribe(filter, 0)).rejects.toMatchObject({ code: "not-authorized" });
  await expect(gateway.subscribe(gatewayTopics("gw-1").receipts, 1)).rejects.toMatchObject({ code: "not-authorized" });
  await gateway.close();
});

test("what a gateway says under another's name is acknowledged and dropped, whatever client id it takes", async () => {
  const gateway = await joinWith("gw-1");
  await publish(gateway, gatewayTopics("gw-2").readings, 20);
  await publish(gateway, gatewayTopics("gw-2").state, 21);
  await gateway.close();
  const disguised = await joinWith("gw-1", "gw-2");
  await publish(disguised, gatewayTopics("gw-2").readings, 22);
  await disguised.close();
  // Its own reading, sent after the others, is the sign that they would have come by now.
  const honest = await joinWith("gw-2");
  await publish(honest, gatewayTopics("gw-2").readings, 23);
  await until(() => taken.includes("gw-2 23"), "the honest one is taken");
  expect(taken.filter((entry) => entry.startsWith("gw-2"))).toEqual(["gw-2 23"]);
  await honest.close();
});

const connectOptions = (
  clientId: string,
): { clientId: string; protocol: "3.1.1"; keepAliveS: 30; connectTimeoutMs: number } => ({
  clientId,
  protocol: "3.1.1",
  keepAliveS: 30,
  connectTimeoutMs: 5000,
});

async function joinWith(name: string, clientId = name): Promise<BrokerConnection> {
  const url = cluster.mqttUrl.replace("mqtt:", "mqtts:");
  const options = { ...connectOptions(clientId), url, tls: identityOf(name).material };
  return await mqttConnector().connect(options, new AbortController().signal);
}

function identityOf(name: string): IssuedFiles {
  const files = identities.get(name);
  if (files === undefined) throw new RangeError(`no certificate for ${name}`);
  return files;
}

const publish = (connection: BrokerConnection, topic: string, first: number): Promise<void> =>
  connection.publish({ topic, payload: Uint8Array.of(first), qos: 1, retain: false });
