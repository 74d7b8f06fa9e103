import type { ChildProcess } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import { type NatsCluster, startNats } from "../../../doubles/nats-cluster.ts";
import { type PostgresCluster, startPostgres } from "../../../doubles/postgres-cluster.ts";
import { type FleetGateway, kill, startGateway, startIngestor, until } from "./fleet.ts";

const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

test(
  "three nodes, each killed in turn, an ingestor killed and another frozen: nothing is lost and nothing is doubled",
  { timeout: 240_000 },
  async () => {
    const { nats, postgres, gateways, ingestors } = await site();
    const [killed, frozen] = ingestors;
    const faults = [() => killed?.kill("SIGKILL"), () => frozen?.kill("SIGSTOP"), () => true];
    for (const [index, node] of nats.nodes.entries()) {
      await progress(gateways, 50);
      await node.kill();
      expect(faults[index]?.()).toBe(true);
      // Two of three are a quorum: those who are connected to them go on.
      await progress(
        gateways.filter(({ url }) => url !== node.mqttUrl),
        50,
      );
      await node.start();
      await progress(gateways, 50);
    }
    await Promise.all(gateways.map((gateway) => gateway.finish()));

    const added = gateways.reduce((sum, gateway) => sum + gateway.added(), 0);
    // A PUBACK is durable, and no promise of when: what only the stream has may still be on its way.
    await until(() => storedIn(postgres).rows >= added, `${added} readings are in the database`);
    expect(storedIn(postgres)).toEqual({ rows: added, readings: added, gateways: gateways.length, deadLetters: 0 });
    expect(added).toBeGreaterThan(1000);
  },
);

interface Site {
  readonly nats: NatsCluster;
  readonly postgres: PostgresCluster;
  /** Two at each node: one that believes receipts only, and one that believes the node's PUBACK. */
  readonly gateways: readonly FleetGateway[];
  readonly ingestors: readonly ChildProcess[];
}

async function site(): Promise<Site> {
  const [nats, postgres] = await Promise.all([startNats({ size: 3 }), startPostgres({ settings: ["fsync = off"] })]);
  cleanUps.push(
    () => postgres.remove(),
    () => nats.stop(),
  );
  const ingestors = await Promise.all([0, 1, 2].map(() => startIngestor(nats, postgres)));
  cleanUps.push(async () => {
    await Promise.all(ingestors.map(kill));
  });
  const gateways = nats.nodes.flatMap(({ mqttUrl: url }, index) => [
    startGateway({ number: index * 2, url, acknowledge: "receipt" }),
    startGateway({ number: index * 2 + 1, url, acknowledge: "puback" }),
  ]);
  return { nats, postgres, gateways, ingestors };
}

/** Waits until each of them has delivered so many more. */
async function progress(gateways: readonly FleetGateway[], readings: number): Promise<void> {
  const goals = gateways.map((gateway) => gateway.delivered() + readings);
  await until(
    () => gateways.every((gateway, index) => gateway.delivered() >= (goals[index] ?? 0)),
    `${readings} more readings of each of ${gateways.length} gateways are delivered`,
  );
}

function storedIn(postgres: PostgresCluster): Record<"rows" | "readings" | "gateways" | "deadLetters", number> {
  const letters = "(SELECT count(*) FROM carepost.dead_letters)";
  const row = postgres.sql(
    `SELECT count(*), count(DISTINCT id), count(DISTINCT gateway), ${letters} FROM carepost.readings`,
  );
  const [rows = 0, readings = 0, gateways = 0, deadLetters = 0] = row.split("|").map(Number);
  return { rows, readings, gateways, deadLetters };
}
