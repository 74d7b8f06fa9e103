import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { fleetFilter } from "../../../cloud-sync/contract/topics.ts";
import { mqttConnector } from "../../../cloud-sync/mqtt/mqttjs-connection.ts";
import { messageData } from "../../../cloud-sync/contract/message-data.ts";

/**
 * Listens at the broker to what gateways deliver, as an ingestor would, and counts how much came more than once. Without
 * duplicates on the way, a sink without duplicates would prove nothing. It misses what passes while it is not connected.
 */
export interface DeliveriesWitness {
  counts(): { readonly heard: number; readonly duplicates: number };
  stop(): Promise<void>;
}

const batch = z.looseObject({ readings: z.array(z.looseObject({ id: z.string() })) });
const retryMs = 50;

export function witnessDeliveries(url: string): DeliveriesWitness {
  const stopping = new AbortController();
  const ids = new Set<string>();
  const counts = { heard: 0, duplicates: 0 };
  const hear = (payload: Uint8Array): void => {
    const said = batch.safeParse(messageData("readings", payload));
    for (const { id } of said.data?.readings ?? []) {
      counts.heard += 1;
      if (ids.has(id)) counts.duplicates += 1;
      ids.add(id);
    }
  };
  const listening = listenUntil(stopping.signal, url, hear);
  return {
    counts: () => ({ ...counts }),
    stop: async () => {
      stopping.abort();
      await listening;
    },
  };
}

async function listenUntil(signal: AbortSignal, url: string, hear: (payload: Uint8Array) => void): Promise<void> {
  const connector = mqttConnector();
  const options = {
    url,
    clientId: "ingestor-witness",
    protocol: "auto",
    keepAliveS: 30,
    connectTimeoutMs: 2000,
  } as const;
  while (!signal.aborted) {
    try {
      const connection = await connector.connect(options, signal);
      const leave = (): void => connection.destroy();
      signal.addEventListener("abort", leave, { once: true });
      // An ingestor's canary is no batch, and is not JSON.
      connection.onMessage(({ topic, payload }) => {
        if (!topic.includes("/ingestor-")) hear(payload);
      });
      await connection.subscribe(fleetFilter("readings"), 1);
      await connection.closed;
      signal.removeEventListener("abort", leave);
    } catch {
      // The broker is dead just now: that is what is going on here.
    }
    await sleep(retryMs, undefined, { signal }).catch(() => undefined);
  }
}
