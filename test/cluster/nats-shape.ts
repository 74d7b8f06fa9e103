import { setTimeout as sleep } from "node:timers/promises";
import { startNats } from "../doubles/nats-cluster.ts";
import { startTcpBalancer } from "../doubles/tcp-balancer.ts";
import { startIngestors } from "./ingestors.ts";
import { startTrio } from "./postgres-trio.ts";
import type { Raised, Shape } from "./shape.ts";

const awayMs = 2_000;

/** The distributed form: three nodes of each engine, of which any one may go. Gateways come in through a balancer. */
export const natsShape: Shape = {
  name: "nats",
  about: "three NATS nodes, three PostgreSQL servers with quorum commit, three ingestors and their gateways",
  gateways: 100,
  forS: 120,
  raise: async (folder) => {
    const endings: (() => Promise<void>)[] = [];
    const remove = async (): Promise<void> => {
      for (const ending of endings.splice(0).toReversed()) await ending();
    };
    try {
      const database = await startTrio(folder);
      endings.push(() => database.remove());
      const nats = await startNats({ size: 3, parent: folder });
      endings.push(() => nats.stop());
      const balancer = await startTcpBalancer(nats.nodes.map(({ mqttPort }) => mqttPort));
      endings.push(() => balancer.stop());
      const ingestors = await startIngestors({
        folder,
        names: ["one", "two", "three"],
        awayMs,
        sectionsOf: () => ({
          ingest: { role: "ingestor", brokerUrl: nats.url, mqttUrl: nats.mqttUrl, sink: "postgres" },
          postgres: { hosts: database.hosts, database: "carepost", user: "postgres", tls: "off" },
        }),
      });
      endings.push(() => ingestors.stop());
      const nodes = nats.nodes.map((node, index) => ({
        name: `NATS node ${index + 1} killed`,
        strike: async (): Promise<void> => {
          await node.kill();
          await sleep(awayMs);
          await node.start();
        },
      }));
      const servers = [
        { name: "PostgreSQL standby killed", strike: () => database.restartStandby(awayMs) },
        { name: "PostgreSQL primary killed, a standby promoted", strike: () => database.failOver() },
        { name: "the new primary killed, a standby promoted", strike: () => database.failOver() },
      ];
      return {
        fleetOptions: [
          `--broker=mqtt://127.0.0.1:${balancer.port}`,
          `--check-sink=postgres://postgres@${database.hosts}/carepost`,
        ],
        strikes: nodes.flatMap((node, index) =>
          [node, servers[index], ingestors.strikes[index]].filter((strike) => strike !== undefined),
        ),
        sql: (text) => database.sql(text),
        remove,
      } satisfies Raised;
    } catch (error) {
      await remove();
      throw error;
    }
  },
};
