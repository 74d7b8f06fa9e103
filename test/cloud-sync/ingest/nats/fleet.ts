import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { setTimeout } from "node:timers/promises";
import { mqttConnector } from "../../../../cloud-sync/mqtt/mqttjs-connection.ts";
import { createForwarder } from "../../../../cloud-sync/uplink/forwarder.ts";
import type { ForwarderTuning } from "../../../../cloud-sync/uplink/forwarder-options.ts";
import { seededRandom } from "../../../../simulators/random.ts";
import { keptLog } from "../../../doubles/kept-log.ts";
import { createMemoryOutbox } from "../../../doubles/memory-outbox.ts";
import type { NatsCluster } from "../../../doubles/nats-cluster.ts";
import type { PostgresCluster } from "../../../doubles/postgres-cluster.ts";
import { realClock } from "../../../doubles/real-clock.ts";
import { bloodPressure } from "../sample-readings.ts";

/** A gateway's own forwarder over an outbox in memory: what has no receipt waits, as on the gateway's disk. */
export interface FleetGateway {
  readonly url: string;
  /** Readings that it has measured so far. */
  added(): number;
  /** Readings that it was told to be stored. */
  delivered(): number;
  /** Measures no more; resolves when everything is delivered and the connection is closed. */
  finish(): Promise<void>;
}

export interface GatewayOptions {
  /** Its number, from 0: it measures readings that no other gateway has. */
  readonly number: number;
  readonly url: string;
  readonly acknowledge: ForwarderTuning["acknowledge"];
}

/** Measures without a pause until it is told to finish. */
export function startGateway({ number, url, acknowledge }: GatewayOptions): FleetGateway {
  const outbox = createMemoryOutbox();
  const forwarder = createForwarder(
    {
      outbox,
      connector: mqttConnector(),
      clock: realClock,
      random: seededRandom(number),
      log: keptLog(),
      commands: {
        syncNow: async () => undefined,
        setConfig: async () => undefined,
        forgetDevice: async () => undefined,
        followRoster: async () => undefined,
      },
      describe: () => ({ held: 0, clock: "trusted", alarm: null }),
    },
    {
      gateway: `gw-${number}`,
      url,
      version: "0.1.0",
      bootId: `boot-${number}`,
      acknowledge,
      subscribeQos: 0,
      protocol: "3.1.1",
      batchReadingsMax: 10,
      windowBatches: 8,
      connectTimeoutMs: 3000,
      answerTimeoutMs: 5000,
      receiptTimeoutMs: 4000,
      reconnectDelayMaxMs: 1500,
    },
  );
  const [stopping, measuring] = [new AbortController(), new AbortController()];
  const running = forwarder.run(stopping.signal);
  const measured = (async () => {
    while (!measuring.signal.aborted) {
      for (let count = 0; count < 5; count += 1) {
        outbox.add("fresh", JSON.stringify(bloodPressure(number * 100_000 + outbox.added())));
      }
      await setTimeout(100);
    }
  })();
  return {
    url,
    added: () => outbox.added(),
    delivered: () => outbox.delivered.size,
    finish: async () => {
      measuring.abort();
      await measured;
      await until(() => outbox.delivered.size === outbox.added(), "everything is delivered");
      stopping.abort();
      await running;
    },
  };
}

/** An ingestor in its own process. */
export async function startIngestor(nats: NatsCluster, postgres: PostgresCluster): Promise<ChildProcess> {
  const path = fileURLToPath(new URL("../../../doubles/nats-ingest-process.ts", import.meta.url));
  const child = fork(path, [nats.url, nats.mqttUrl, String(postgres.port)], { stdio: ["ignore", "ignore", 2, "ipc"] });
  const [message] = await Promise.race([once(child, "message"), once(child, "exit")]);
  if (message !== "ready") throw new RangeError(`the ingestor ended with ${String(message)}`);
  return child;
}

export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** Waits for what a loaded machine may take long for. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > endMs) throw new RangeError(`in vain for a minute: ${what}`);
    await setTimeout(20);
  }
}
