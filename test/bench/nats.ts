import { chmodSync } from "node:fs";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { receipt as receiptSchema } from "../../cloud-sync/contract/delivery.ts";
import { gatewayTopics } from "../../cloud-sync/contract/topics.ts";
import { messagesStream } from "../../cloud-sync/ingest/nats/subject.ts";
import type { BrokerConnection } from "../../cloud-sync/mqtt/connection.ts";
import { mqttConnector } from "../../cloud-sync/mqtt/mqttjs-connection.ts";
import { type IngestorProcess, inPostgres, startIngestorProcess } from "../doubles/ingestor-process.ts";
import { type NatsCluster, startNats } from "../doubles/nats-cluster.ts";
import { type PostgresCluster, startPostgres } from "../doubles/postgres-cluster.ts";
import { type Figure, figureOf, type Suite, type SuiteOptions } from "./figure.ts";
import { delivery, type IngestMessage, payloads, warmUp } from "./ingest-load.ts";
import { measurePostgresLimit } from "./limits/postgres-limit.ts";

const suite = "nats";
const readingsPerMessage = 70;

/** Messages of 200 gateways over MQTT, through JetStream and one ingestor, into PostgreSQL, and back to the receipt. */
export const nats: Suite = {
  name: suite,
  about: "ingest through NATS to receipt, one node and three, against the batched insert and against the PUBACK alone",
  async run(options: SuiteOptions): Promise<readonly Figure[]> {
    // Root's own folder, in which the database's user has to find its own.
    chmodSync(options.folder, 0o711);
    const postgres = await startPostgres({ parent: options.folder, settings: ["shared_buffers = 1GB"] });
    try {
      return [...(await throughNats(1, postgres, options)), ...(await throughNats(3, postgres, options))];
    } finally {
      await postgres.remove();
    }
  },
};

interface Round {
  readonly limit: number;
  readonly pubacks: number;
  readonly receipts: number;
}

interface RoundSize {
  readonly folder: string;
  readonly messages: number;
}

async function throughNats(size: 1 | 3, postgres: PostgresCluster, options: SuiteOptions): Promise<readonly Figure[]> {
  const { rounds, short, progress, folder } = options;
  const cluster = await startNats({ size, parent: folder });
  const measured: Round[] = [];
  try {
    for (let round = 1; round <= rounds; round += 1) {
      measured.push(await oneRound(cluster, postgres, { folder, messages: short ? 100 : 600 }));
      progress(`${size} nodes, round ${round}: ${JSON.stringify(measured.at(-1))}`);
    }
  } finally {
    await cluster.stop();
  }
  const nodes = size === 1 ? "one node" : "three nodes, three copies";
  const of = (name: string, unit: string, value: (round: Round) => number): Figure =>
    figureOf({ suite, name: `${name}, ${nodes}`, unit }, measured.map(value));
  return [
    of("limit, one plain table, 500 rows a statement", "1/s", ({ limit }) => limit),
    of("readings to PUBACK, nobody ingests", "1/s", ({ pubacks }) => pubacks),
    of("readings to receipt", "1/s", ({ receipts }) => receipts),
    of("to receipt against to PUBACK", "ratio", ({ receipts, pubacks }) => receipts / pubacks),
    figureOf(
      { suite, name: `to receipt against the insert, ${nodes}`, unit: "ratio", aim: { atLeast: 0.8 } },
      measured.map(({ receipts, limit }) => receipts / limit),
    ),
  ];
}

async function oneRound(cluster: NatsCluster, postgres: PostgresCluster, size: RoundSize): Promise<Round> {
  const { folder, messages } = size;
  const load = payloads(0, messages, readingsPerMessage);
  const deliveries = Array.from({ length: messages * readingsPerMessage }, (_, index) => delivery(index));
  const database = postgres.createDatabase();
  const { rowsPerSecond } = await measurePostgresLimit({ cluster: postgres, database, deliveries, rowsPerCommit: 500 });
  const ingestor = (): Promise<IngestorProcess> => startIngestor(cluster, postgres, folder);
  // The consumer exists from now on, so that what nobody takes is kept all the same.
  await (await ingestor()).stop();
  const gateways = await connectGateways(cluster, load);
  try {
    const pubacks = await rateOf(load, () => publishAll(gateways, load));
    await purge(cluster);
    const own = await ingestor();
    await throughIngestor(gateways, warmUp(readingsPerMessage));
    const receipts = await rateOf(load, () => throughIngestor(gateways, load));
    await own.stop();
    return { limit: rowsPerSecond, pubacks, receipts };
  } finally {
    await Promise.all([...gateways.values()].map((gateway) => gateway.connection.close()));
  }
}

/** In a process of its own, as it runs: the gateways of the load would otherwise take its processor. */
function startIngestor(
  { url, mqttUrl }: NatsCluster,
  postgres: PostgresCluster,
  folder: string,
): Promise<IngestorProcess> {
  const own = { role: "ingestor", brokerUrl: url, mqttUrl };
  const sections = inPostgres(postgres, postgres.createDatabase(), own);
  return startIngestorProcess({ name: "ingestor", folder, sections, quiet: true });
}

interface BenchGateway {
  readonly connection: BrokerConnection;
  onReceipt: (readings: number) => void;
}

type BenchGateways = ReadonlyMap<string, BenchGateway>;

async function connectGateways({ nodes }: NatsCluster, load: readonly IngestMessage[]): Promise<BenchGateways> {
  const gateways = new Map<string, BenchGateway>();
  const names = [...new Set(load.map(({ gateway }) => gateway))];
  for (const [index, clientId] of names.entries()) {
    const url = nodes[index % nodes.length]?.mqttUrl ?? "";
    const options = { url, clientId, protocol: "3.1.1", keepAliveS: 60, connectTimeoutMs: 20_000 } as const;
    const connection = await mqttConnector().connect(options, new AbortController().signal);
    const gateway: BenchGateway = { connection, onReceipt: () => undefined };
    connection.onMessage(({ payload }) => {
      const { stored, duplicate } = receiptSchema.parse(JSON.parse(new TextDecoder().decode(payload)));
      for (const [from, to] of [...stored, ...duplicate]) gateway.onReceipt(to - from + 1);
    });
    await connection.subscribe(gatewayTopics(clientId).receipts, 0);
    gateways.set(clientId, gateway);
  }
  return gateways;
}

const publishAll = (gateways: BenchGateways, load: readonly IngestMessage[]): Promise<unknown> =>
  Promise.all(
    load.map(async ({ gateway, payload }) => {
      const topic = gatewayTopics(gateway).readings;
      await gateways.get(gateway)?.connection.publish({ topic, payload, qos: 1, retain: false });
    }),
  );

async function throughIngestor(gateways: BenchGateways, load: readonly IngestMessage[]): Promise<void> {
  const settled = receiptsOf(gateways, load);
  await publishAll(gateways, load);
  await settled;
}

function receiptsOf(gateways: BenchGateways, load: readonly IngestMessage[]): Promise<void> {
  const all = Promise.withResolvers<void>();
  let open = load.length * readingsPerMessage;
  for (const gateway of gateways.values()) {
    gateway.onReceipt = (readings) => {
      open -= readings;
      if (open <= 0) all.resolve();
    };
  }
  return all.promise;
}

async function rateOf(load: readonly IngestMessage[], run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return (load.length * readingsPerMessage) / ((performance.now() - started) / 1000);
}

async function purge({ url }: NatsCluster): Promise<void> {
  const connection = await connect({ servers: url.replace("nats://", "").split(",") });
  await (await jetstreamManager(connection)).streams.purge(messagesStream);
  await connection.close();
}
