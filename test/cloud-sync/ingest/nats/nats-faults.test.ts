import { jetstreamManager, type JetStreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterEach, expect, test } from "vitest";
import { durableName } from "../../../../cloud-sync/ingest/nats/durable.ts";
import { type NatsSourceOptions, natsSource } from "../../../../cloud-sync/ingest/nats/nats-source.ts";
import { messagesStream } from "../../../../cloud-sync/ingest/nats/subject.ts";
import type { SourceHandlers } from "../../../../cloud-sync/ingest/source.ts";
import type { BrokerSource } from "../../../../cloud-sync/ingest/broker-source.ts";
import type { Connector } from "../../../../cloud-sync/mqtt/connection.ts";
import { mqttConnector } from "../../../../cloud-sync/mqtt/mqttjs-connection.ts";
import { seededRandom } from "../../../../simulators/random.ts";
import { GatewayPeers } from "../../../doubles/gateway-peers.ts";
import { type KeptLog, keptLog } from "../../../doubles/kept-log.ts";
import { freePort } from "../../../doubles/free-port.ts";
import { type NatsCluster, startNats } from "../../../doubles/nats-cluster.ts";
import { realClock } from "../../../doubles/real-clock.ts";
import { until } from "./fleet.ts";

const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

test("a consumer or a stream that is gone is made again, and told", async () => {
  const cluster = await newCluster();
  const { source, log, batches } = ingestor(cluster);
  await source.start(batches.handlers);
  const manager = await managerOf(cluster);
  const told = (): number => log.lines.filter(({ event }) => event === "ingest-consumer-lost").length;

  await manager.consumers.delete(messagesStream, durableName);
  await until(() => told() === 1, "the loss of the consumer is told");
  await manager.streams.delete(messagesStream);
  await until(() => told() === 2, "the loss of the stream is told");

  const peers = gatewaysOf(cluster);
  await peers.send("gw-1", "readings", Uint8Array.of(1));
  await until(() => batches.count() === 1, "a batch arrives through the new one");
  expect(log.lines.filter(({ event }) => event === "ingest-consumer-created")).toHaveLength(1);
});

test("what was published while no ingestor ran is there when one comes, once the consumer exists", async () => {
  const cluster = await newCluster();
  const first = ingestor(cluster);
  await first.source.start(first.batches.handlers);
  await first.source.stop();
  const peers = gatewaysOf(cluster);
  for (let n = 0; n < 300; n += 1) await peers.send("gw-1", "readings", new Uint8Array(20_000));
  const second = ingestor(cluster);
  await second.source.start(second.batches.handlers);
  await until(() => second.batches.count() === 300, "six megabytes arrive in several fetches");
  expect(first.batches.count()).toBe(0);
});

test("an ingestor waits for servers that are away, and comes back to one that was killed", async () => {
  const cluster = await newCluster();
  const [node] = cluster.nodes;
  await node?.kill();
  const dead = `nats://127.0.0.1:${await freePort()},`;
  const { source, log, batches } = ingestor(cluster, { url: cluster.url.replace("nats://", dead) });
  await source.start(batches.handlers);
  expect(source.status().connected).toBe(false);
  expect(log.lines).toContainEqual(expect.objectContaining({ fields: { code: "nats-unreachable" } }));
  await node?.start();
  await until(() => source.status().connected, "it is connected");
  await node?.kill();
  await until(() => !source.status().connected, "it has noticed");
  await node?.start();
  await until(() => source.status().connected, "it is connected again");
  await gatewaysOf(cluster).send("gw-1", "readings", Uint8Array.of(1));
  await until(() => batches.count() === 1, "and takes messages");
});

test("a NATS through which nothing comes is not fit, and says what to look at", async () => {
  const cluster = await newCluster();
  const { source, batches } = ingestor(cluster, { limits: { canaryTimeoutMs: 500 } }, swallowing(mqttConnector()));
  await expect(source.start(batches.handlers)).rejects.toMatchObject({
    code: "broker-unfit",
    remedy: expect.stringContaining("JetStream"),
  });
});

/** Publishes nothing, and says that it did. */
const swallowing = (connector: Connector): Connector => ({
  connect: async (options, signal) => {
    const connection = await connector.connect(options, signal);
    return new Proxy(connection, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (name === "publish") return async (): Promise<void> => undefined;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  },
});

interface Subject {
  readonly source: BrokerSource;
  readonly log: KeptLog;
  readonly batches: { readonly handlers: SourceHandlers; count(): number };
}

function ingestor(
  cluster: NatsCluster,
  changes: Partial<NatsSourceOptions> = {},
  connector: Connector = mqttConnector(),
): Subject {
  const log = keptLog();
  let count = 0;
  const handlers: SourceHandlers = {
    batch: async () => (count++, null),
    event: async () => null,
    state: () => undefined,
    result: () => undefined,
  };
  const { url, mqttUrl } = cluster;
  const source = natsSource(
    { connector, clock: realClock, random: seededRandom(1), log },
    { url, mqttUrl, clientId: "ingestor-1", ...changes },
  );
  cleanUps.push(() => source.stop());
  return { source, log, batches: { handlers, count: () => count } };
}

async function newCluster(): Promise<NatsCluster> {
  const cluster = await startNats({ size: 1 });
  cleanUps.push(() => cluster.stop());
  return cluster;
}

function gatewaysOf(cluster: NatsCluster): GatewayPeers {
  const peers = new GatewayPeers(() => ({ host: "127.0.0.1", port: cluster.nodes[0]?.mqttPort ?? 0 }));
  cleanUps.push(() => peers.stop());
  return peers;
}

async function managerOf(cluster: NatsCluster): Promise<JetStreamManager> {
  const connection = await connect({ servers: cluster.url.replace("nats://", "") });
  cleanUps.push(() => connection.close());
  return await jetstreamManager(connection);
}
