import mqtt from "mqtt";
import { receipt } from "../../cloud-sync/contract/delivery.ts";
import { gatewayTopics } from "../../cloud-sync/contract/topics.ts";
import type { IngestMessage } from "./ingest-load.ts";

/** Batches that are sent to a broker as fast as their receipts come back. */
export interface FleetLoadOptions {
  readonly url: string;
  readonly messages: readonly IngestMessage[];
  /** Batches that are sent and not receipted. */
  readonly window: number;
}

/** Returns how many readings a second had their receipt, from the first batch to the last receipt. */
export async function measureFleetLoad({ url, messages, window }: FleetLoadOptions): Promise<number> {
  const clients = await Promise.all([0, 1, 2, 3].map(() => mqtt.connectAsync(url, { protocolVersion: 5 })));
  const listener = await mqtt.connectAsync(url, { protocolVersion: 5 });
  const finished = Promise.withResolvers<void>();
  const expected = messages.reduce((sum, { readings }) => sum + readings, 0);
  let [next, settled] = [0, 0];
  const send = (): void => {
    const message = messages[next];
    if (message === undefined) return;
    const topic = gatewayTopics(message.gateway).readings;
    clients[next % clients.length]?.publish(topic, Buffer.from(message.payload), { qos: 1 }, (error) => {
      if (error instanceof Error) finished.reject(error);
    });
    next += 1;
  };
  listener.on("message", (_topic, payload) => {
    const said = receipt.safeParse(JSON.parse(payload.toString()));
    if (!said.success) return;
    for (const [from, to] of [...said.data.stored, ...said.data.duplicate]) settled += to - from + 1;
    if (settled >= expected) finished.resolve();
    send();
  });
  await listener.subscribeAsync("carepost/v1/+/receipts", { qos: 1 });
  const started = performance.now();
  for (let count = 0; count < window; count += 1) send();
  await finished.promise;
  const elapsedS = (performance.now() - started) / 1000;
  await Promise.all([listener, ...clients].map((client) => client.endAsync(true)));
  return expected / elapsedS;
}
